"""The process that ``runner`` starts and keeps warm: it loads once, and forks for each file.

    runner --task--> worker --task--> player (runs the file, writes a record, ends)
                        |---task--> judge (reads the record, reaches the verdict)

The worker itself computes nothing, so that it can be forked: TensorFlow starts its threads with the
first operation. A player that has done some operations already waits for the next file.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
from pathlib import Path

from prodimg_lib.interview.check import checker, exercise, player
from prodimg_lib.interview.check.journal import Ended, NotAttempted, Replayed, Stop
from prodimg_lib.interview.check.result import Result
from prodimg_lib.interview.check.stop import end


def main():
    """Answer tasks, one line of JSON each, until the input ends. ``heavy``: with TensorFlow."""
    heavy = sys.argv[1] == "heavy"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner decides
    if heavy:
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    pool: list[Forked] = []
    judge = Forked(_judge, heavy, pool)
    spare = Forked(_player, heavy, pool)
    _say({"ready": True})
    for line in sys.stdin:
        task = json.loads(line)
        if _import(task["modules"]):  # those that wait were forked without
            judge, spare = _again(judge, heavy, pool), _again(spare, heavy, pool)
        _say({"player": spare.pid})
        spare.send(task)
        status, seconds = _ended(spare, task["patience"])
        judge.send(task | {"status": status, "seconds": seconds})
        spare.close()  # while the judge works
        answer = judge.receive()
        if not answer:
            break  # the judge died: then so does the worker, and the runner says it
        _say(json.loads(answer))
        spare = Forked(_player, heavy, pool)
    for child in list(pool):
        child.close()


class Forked:
    """A forked process with a line to it and one back; it ends when its line does."""

    def __init__(self, work, heavy, pool):
        down, up = os.pipe(), os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for other in pool:  # else their lines would stay open
                    other.forget()
                os.close(down[1])
                os.close(up[0])
                os.setpgid(0, 0)  # so that what the file starts can be ended with it
                nothing = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1):
                    os.dup2(nothing, stream)
                if heavy:
                    _warm_up()
                work(os.fdopen(down[0], encoding="utf-8"), os.fdopen(up[1], "w", encoding="utf-8"))
            except BaseException as error:  # to its own stderr; never back into the worker
                os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace"))
            finally:
                os._exit(1)
        os.close(down[0])
        os.close(up[1])
        self.work, self.pool, self.to, self.back = work, pool, down[1], up[0]
        pool.append(self)

    def send(self, task):
        with contextlib.suppress(BrokenPipeError):
            data = (json.dumps(task) + "\n").encode()
            while data:
                data = data[os.write(self.to, data) :]

    def receive(self):
        line = b""
        while not line.endswith(b"\n") and (more := os.read(self.back, 1 << 16)):
            line += more
        return line

    def forget(self):
        for side in (self.to, self.back):
            os.close(side)

    def close(self):
        """End it, and all it has started."""
        self.forget()
        self.pool.remove(self)
        end(self.pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _import(modules):
    """Import what is not yet; whether there was anything."""
    missing = [name for name in modules if name not in sys.modules]
    for name in missing:
        importlib.import_module(name)
    return bool(missing)


def _again(child, heavy, pool):
    child.close()
    return Forked(child.work, heavy, pool)


def _say(content):
    sys.stdout.write(json.dumps(content, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _ended(child, patience):
    """Exit code of a player, or None if it was still there after so many seconds; and these.

    A player says that its record is whole before it ends: to give back the memory of TensorFlow
    takes the system some hundredths of a second, for which nobody has to wait.
    """
    begun, pause = time.monotonic(), 0.001
    silent = False
    while True:
        if silent:  # its line is closed, and readable for ever
            time.sleep(pause)
        elif select.select([child.back], [], [], pause)[0]:
            if os.read(child.back, 1):
                return 0, time.monotonic() - begun
            silent, pause = True, 0.001
        found, status = os.waitpid(child.pid, os.WNOHANG)
        seconds = time.monotonic() - begun
        if found:
            return os.waitstatus_to_exitcode(status), seconds
        if seconds > patience:
            end(child.pid)
            os.waitpid(child.pid, 0)
            return None, seconds
        pause = min(1.2 * pause, 0.02)


def _player(lines, back):
    line = lines.readline()
    if line:
        player.play(json.loads(line), back)


def _judge(lines, back):
    for line in lines:
        back.write(_verdict(json.loads(line)).to_json(indent=None) + "\n")
        back.flush()


def _verdict(task):
    """The ``Result`` of a task whose player has ended."""
    todo = exercise.load(task["id"], task["kind"], task["words"], ("variant_",))
    with open(task["record"], encoding="utf-8", errors="replace") as file:
        journal = Replayed(file)
        try:
            journal.observe(None)  # that the file ran, and defines the function
            return checker.judge(
                todo, task["seeds"], lambda seed: checker.attempt(todo, None, seed, journal)
            )
        except NotAttempted:
            return Result(todo.id, todo.entry, "not_attempted")
        except Stop as stop:
            return checker.stopped(todo, stop)
        except Ended:
            status, detail = _how(task)
            return Result(todo.id, todo.entry, status, detail=detail)


def _how(task):
    """Status and detail of a player whose record is not whole."""
    code = task["status"]
    if code is None:
        return "timeout", {"seconds": task["patience"]}
    if code == -signal.SIGXCPU:
        return "timeout", {"seconds": task["time_limit"]}
    if code < 0:
        return "crash", {"reason": signal.Signals(-code).name}
    return "ended", {"reason": f"exit code {code}"}


def _warm_up():
    """Do once what is slow the first time."""
    import keras
    import tensorflow as tf

    held, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        keras.utils.set_random_seed(0)
        x = tf.constant([[1.0, 2.0]])
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.set_weights(model.get_weights())
        optimizer = keras.optimizers.SGD()
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            twice = tf.concat([x, tf.zeros_like(x)], axis=0)
            terms = tf.reduce_sum(tf.square(twice) + tf.exp(twice) - 1.0 - twice, axis=1)
            y = tf.reduce_mean(tf.nn.softplus(-model(twice, training=True))) + 0.5 * terms[0]
        tape.gradient(y, x)
        optimizer.apply(tape.gradient(y, model.trainable_variables), model.trainable_variables)
    finally:
        os.dup2(held, 2)
        os.close(held)
        os.close(null)


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if Path(entry) != Path(__file__).parent]
    main()
