"""PHP servers for the tests: a php-fpm of Debian's with its own configuration, and PHP's built-in one."""

import contextlib
import grp
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
APP = HERE / "app.inc"


def extension() -> str:
    return os.environ["SHOAL_PHP_EXTENSION"]


def php(code: str, *options: str) -> str:
    """Run `code` on the command line; what it prints."""
    command = ["php", "-n", "-d", f"extension={extension()}", *options, "-r", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def user() -> str:
    """Whom the workers run as: www-data as everywhere, if we may."""
    return "www-data" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def group() -> str:
    return grp.getgrgid(pwd.getpwnam(user()).pw_gid).gr_name


class Answer(dict):
    """What the application answered: `pid` of the worker and `answer`."""

    def __init__(self, body: bytes):
        try:
            super().__init__(json.loads(body))
        except ValueError:
            raise AssertionError(f"the application said {body[-2000:]!r}") from None


def until(condition, seconds: float = 10.0):
    """Wait for `condition` to hold; what it gave."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return result


def mappings(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/maps").read_text()


class Server:
    """One process tree that serves app.inc; a context manager."""

    process: subprocess.Popen

    def __enter__(self):
        until(self.is_up)
        return self

    def __exit__(self, *_):
        self.stop()

    def is_up(self) -> bool:
        assert self.process.poll() is None, f"the server ended with status {self.process.returncode}"
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def stop(self, seconds: float = 10.0) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def get(self, do: str, segment: str, **arguments) -> Answer:
        return Answer(self.get_raw(do, segment, **arguments))

    def connect(self) -> socket.socket:
        raise NotImplementedError

    def get_raw(self, do: str, segment: str, **arguments) -> bytes:
        raise NotImplementedError


class BuiltIn(Server):
    """php -S"""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = probe.getsockname()
        command = ["php", "-n", "-d", f"extension={extension()}", "-S", "%s:%d" % self.address, str(APP)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, 10)

    def get_raw(self, do: str, segment: str, **arguments) -> bytes:
        query = urllib.parse.urlencode({"do": do, "segment": segment, **arguments})
        with urllib.request.urlopen("http://%s:%d/?%s" % (*self.address, query), timeout=60) as answer:
            return answer.read()


class Fpm(Server):
    """php-fpm with `workers` processes, each of which serves `requests` and is replaced then."""

    def __init__(self, workers: int = 4, requests: int = 0, process_control_timeout: int = 0, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shoal-fpm-"))
        self.folder.chmod(0o755)
        shutil.copy(APP, self.folder / "app.inc")
        self.socket = self.folder / "socket"
        values = "\n".join(f"php_admin_value[{name}] = {value}" for name, value in settings.items())
        identity = f"user = {user()}\ngroup = {group()}" if os.geteuid() == 0 else ""
        (self.folder / "fpm.conf").write_text(
            f"[global]\nerror_log = {self.folder}/log\ndaemonize = no\nprocess_control_timeout = {process_control_timeout}\n"
            f"[test]\nlisten = {self.socket}\nlisten.backlog = 128\nsecurity.limit_extensions =\n{identity}\n"
            f"pm = static\npm.max_children = {workers}\npm.max_requests = {requests}\n{values}\n")
        command = [self.program(), "-n", "-F", "-y", str(self.folder / "fpm.conf"), "-d", f"extension={extension()}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def program() -> str:
        version = subprocess.check_output(["php", "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"], text=True)
        return shutil.which("php-fpm" + version) or shutil.which(f"/usr/sbin/php-fpm{version}") or "php-fpm"

    def stop(self, seconds: float = 10.0) -> int:
        try:
            return super().stop(seconds)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(str(self.socket))
        return connection

    def get_raw(self, do: str, segment: str, **arguments) -> bytes:
        query = urllib.parse.urlencode({"do": do, "segment": segment, **arguments})
        with self.connect() as connection:
            connection.sendall(fastcgi_request({
                "SCRIPT_FILENAME": str(self.folder / "app.inc"), "REQUEST_METHOD": "GET", "QUERY_STRING": query,
                "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": "/?" + query, "SCRIPT_NAME": "/"}))
            _, _, body = fastcgi_answer(connection.makefile("rb")).partition(b"\r\n\r\n")
            return body


# FastCGI, as much as a request without a body needs: records of version 1, request number 1.
BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def fastcgi_request(parameters: dict) -> bytes:
    pairs = b"".join(
        struct.pack(">II", len(name) | 1 << 31, len(value.encode()) | 1 << 31) + name.encode() + value.encode()
        for name, value in parameters.items())
    return (record(BEGIN_REQUEST, struct.pack(">HB5x", 1, 0)) + record(PARAMS, pairs) + record(PARAMS, b"")
            + record(STDIN, b""))


def fastcgi_answer(stream) -> bytes:
    """What comes on the standard output until the request ends, or the worker does."""
    output = b""
    with contextlib.suppress(ConnectionResetError):
        while len(header := stream.read(8)) == 8:
            _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
            content = stream.read(length + padding)[:length]
            if kind == STDOUT:
                output += content
            if kind == END_REQUEST:
                break
    return output
