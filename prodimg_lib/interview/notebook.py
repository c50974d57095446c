"""A cell that checks itself: ``%load_ext prodimg_lib.interview.notebook``, then ``%%check C08``."""

from prodimg_lib.errors import InputError
from prodimg_lib.interview.bank import bank


def load_ipython_extension(shell):
    """Called by ``%load_ext``: adds the magic to the shell."""
    shell.register_magic_function(check_cell(shell), "cell", "check")


def check_cell(shell):
    """The magic: runs the cell as any other, then checks the function that the question asks for.

    The result is text, so it stays readable in a stored notebook and needs no widget.
    """

    def check(line, cell):
        """%%check ID: run this cell and check the function it defines."""
        try:
            question = bank[line]
            question.need_code()
        except InputError as error:
            print(f"%%check {line.strip()}: {error}")
            return
        before = shell.user_ns.pop(question.entry(), None)  # one of an older cell must not count
        done = shell.run_cell(cell)
        answer = shell.user_ns.get(question.entry())
        if answer is None and before is not None:
            shell.user_ns[question.entry()] = before
        if not done.success:
            return  # the shell has shown the error
        if answer is None:
            print(f"{question.id}: the cell defines no function {question.entry()}; name yours so")
            return
        try:
            print(question.check(answer))
        except InputError as error:
            print(f"{question.id}: {error}")

    return check
