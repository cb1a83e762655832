from archlint.plugin import Decision, Nature, Place, Rule, Silence, pattern_of


class ActivationBeforePool(Rule):
    code = "X1"
    name = "activation-before-pool"
    summary = "An activation costs less behind a max pool than before it"
    page = "# X1 activation-before-pool\n\nmax(f(a), f(b)) is f(max(a, b)) where f never falls.\n"

    def check(self, view):
        for number, placed in enumerate(view.lowered.kernels):
            act, op = placed.kernel, view.main(placed)
            if act.op not in ("Clip", "Relu", "Sigmoid", "Tanh"):
                continue
            reader = view.sole_reader(op.index)
            pools = [] if reader is None else [*view.lowered.of(reader.index)]
            if reader is None or [each.op for each in pools] != ["MaxPool"]:
                yield Silence((op.index,), "not a max pool alone reads it")
                continue
            behind = act._replace(in_map=pools[0].out_map, out_map=pools[0].out_map)
            yield Place(
                operators=(op.index, reader.index),
                decision=Decision(f"{act.op} before a max pool", pattern_of(op.module)),
                summary=f"{act.op} runs on the map before a max pool",
                advice="put it behind the pool: the result is the same",
                now=act.title,
                instead=behind.title,
                kernels=(number,),
                instead_kernels=(behind,),
                nature=Nature.EXACT,
            )
