"""Makes any Flask app measurable without changing it: `flask run` is pointed here (FLASK_APP), and from here at
the user's app (BENCH_FLASK_APP, else what Flask itself would find).

Adds marks on the console, a header with the trial's nonce on every answer, and GET /bench/about. It runs inside
what is measured, so it imports nothing that Flask has not imported already; what `about` needs is imported when
it is asked for.
"""

import os
import time

os.write(1, b"@bench runtime\n")
_monotonic = {"runtime": time.monotonic()}

from flask.cli import ScriptInfo  # noqa: E402  (after the mark, on purpose)
from werkzeug.serving import BaseWSGIServer  # noqa: E402

_nonce = os.environ.get("BENCH_NONCE", "")
_serve_forever = BaseWSGIServer.serve_forever


def _marked_serve_forever(self, *args, **kwargs):
    # The socket listens by now; with Flask's reloader only the process that serves comes here.
    _monotonic["app"] = time.monotonic()
    os.write(1, b"@bench app\n")
    return _serve_forever(self, *args, **kwargs)


BaseWSGIServer.serve_forever = _marked_serve_forever


def _read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _cpus():
    """CPUs that this process may use: those it may run on, and no more than the cgroup's quota."""
    cpus = len(os.sched_getaffinity(0))
    quota, period = (_read("/sys/fs/cgroup/cpu.max").split() + ["", ""])[:2]
    if not quota:
        quota = _read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
        period = _read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    if quota.isdigit() and period.isdigit() and int(period) > 0:
        cpus = min(cpus, max(1, -(-int(quota) // int(period))))
    return cpus


def _meminfo():
    """What the kernel says of its memory, in bytes: MemTotal and MemAvailable, where it has them. In a container
    this is the host's kernel, which does not know of the container."""
    memory = {}
    for line in _read("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            memory[name[3:].lower()] = int(rest.split()[0]) * 1024
    return memory


def _memory_bytes():
    """Memory that this process may use: the kernel's, and no more than the cgroup's limit."""
    memory = _meminfo().get("total", 0)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        limit = _read(path)
        if limit.isdigit():
            memory = min(memory, int(limit))
    return memory


def _about():
    import json
    import platform
    from importlib import metadata

    return json.dumps(
        {
            "nonce": _nonce,
            "app_sha256": _read(os.path.join(os.path.dirname(os.path.abspath(__file__)), "app.sha256")),
            "python": platform.python_version(),
            "flask": metadata.version("flask"),
            "kernel": platform.release(),
            "cpus": _cpus(),
            "memory_bytes": _memory_bytes(),
            "memory": _meminfo(),
            "pid": os.getpid(),
            "monotonic": {**_monotonic, "now": time.monotonic()},
        }
    ).encode()


def _instrumented(answer):
    """The WSGI app around the user's: the nonce on every answer, errors included, and one route of its own."""

    def wsgi_app(environ, start_response):
        if environ.get("PATH_INFO") == "/bench/about":
            body = _about()
            start_response(
                "200 OK",
                [
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                    ("Bench-Nonce", _nonce),
                ],
            )
            return [body]

        def start(status, headers, *rest):
            return start_response(status, [*headers, ("Bench-Nonce", _nonce)], *rest)

        return answer(environ, start)

    return wsgi_app


# Flask's own search: FLASK_APP of the user's with a factory's name and arguments, else wsgi.py, else app.py. An
# error in the user's code goes through `flask run`: traceback on the console, exit code not zero.
app = ScriptInfo(app_import_path=os.environ.get("BENCH_FLASK_APP") or None).load_app()
app.wsgi_app = _instrumented(app.wsgi_app)
