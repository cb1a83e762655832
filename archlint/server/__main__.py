"""`archlint server` runs this: it speaks the language server protocol on stdin and stdout."""

from archlint.server.handlers import server

if __name__ == "__main__":
    server().start_io()
