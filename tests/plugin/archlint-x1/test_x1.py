from archlint.testing import Net, check, target_of
from archlint_x1 import ActivationBeforePool

ROWS = {"Relu 64 @56x56": 4e-5, "Relu 64 @28x28": 1e-5, "MaxPool 64 k2x2 s2x2 @56x56>28x28": 3e-5}


def said(pool):
    net = Net()
    act = net.op("Relu", net.input(1, 64, 56, 56), name="act")
    net.op(pool, act, kernel_shape=[2, 2], strides=[2, 2])
    return check(ActivationBeforePool, net, target=target_of(ROWS))


def test_behind_a_max_pool_it_costs_a_quarter():
    assert said("MaxPool").place.instead == "Relu 64 @28x28"


def test_an_average_of_what_it_cuts_is_another_number():
    assert said("AveragePool").reason("act") == "not a max pool alone reads it"
