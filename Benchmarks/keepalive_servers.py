"""The servers of the keep-alive race: six ways to end an idle connection, each with a time-out that is shorter than a proxy's.

Every server answers 200 with two bytes, and keeps the target of each POST in a file (`posts`), written by the application or, where a
server has none, as its access log: what stands there twice was delivered twice.
"""
import os
import pathlib
import signal
import subprocess
import sys

from entrants import ROOT, answers, free_port, missing, program

WSGI = '''
import os
POSTS = os.open(os.environ["POSTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] == "POST":
        os.write(POSTS, (environ["QUERY_STRING"] + "\\n").encode())
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
    return [b"ok"]
'''
ASGI = '''
import os
POSTS = os.open(os.environ["POSTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    if scope["method"] == "POST":
        os.write(POSTS, scope["query_string"] + b"\\n")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2"), (b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})
'''
PSGI = '''
use strict; use warnings; use Fcntl;
sysopen(my $posts, $ENV{POSTS}, O_WRONLY | O_CREAT | O_APPEND) or die "posts: $!";
sub {
    my $env = shift;
    my $left = $env->{CONTENT_LENGTH} || 0;
    while ($left > 0) { my $count = $env->{"psgi.input"}->read(my $chunk, $left); last unless $count; $left -= $count }
    syswrite($posts, "$env->{QUERY_STRING}\\n") if $env->{REQUEST_METHOD} eq "POST";
    return [200, ["Content-Length" => 2, "Content-Type" => "text/plain"], ["ok"]];
}
'''
NODE = '''
const fs = require("fs"), http = require("http");
const posts = fs.openSync(process.env.POSTS, "a");
const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    if (request.method === "POST") fs.writeSync(posts, request.url.split("?")[1] + "\\n");
    response.writeHead(200, { "Content-Length": 2, "Content-Type": "text/plain" }).end("ok");
  });
});
server.keepAliveTimeout = 1000;
server.listen(Number(process.argv[2]), "127.0.0.1");
'''
APACHE = '''
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{folder}/pid"
DefaultRuntimeDir "{folder}"
Mutex file:{folder}
ErrorLog "{folder}/errors"
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule setenvif_module {modules}/mod_setenvif.so
LoadModule lua_module {modules}/mod_lua.so
{account}
StartServers 5
MinSpareServers 5
MaxSpareServers 10
MaxRequestWorkers 150
ServerLimit 150
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 1
DocumentRoot "{folder}"
LuaMapHandler "^/" "{folder}/ok.lua"
SetEnvIf Request_Method "^POST$" posted
LogFormat "%q" target
CustomLog "{posts}" target env=posted
'''
LUA = '''
require "apache2"
function handle(r)
    r:requestbody()
    r.content_type = "text/plain"
    r:write("ok")
    return apache2.OK
end
'''
LIGHTTPD = '''
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/errors"
server.modules = ( "mod_accesslog" )
server.max-keep-alive-idle = 2
server.max-keep-alive-requests = 1000000
server.upload-dirs = ( "{folder}" )
mimetype.assign = ( "" => "text/plain" )
$HTTP["request-method"] == "POST" {{
    accesslog.filename = "{posts}"
    accesslog.format = "%q"
}}
'''


class Server:
    """A running server in a process group of its own; its workers are the processes of that group."""

    def __init__(self, name, folder, command, port, environment=None):
        self.name, self.port, self.posts = name, port, folder / "posts"
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True,
                                            env={**os.environ, "POSTS": str(self.posts), **(environment or {})})

    def workers(self):
        """How many processes it has."""
        count = 0
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                count += int(fields[2]) == self.process.pid and fields[0] != "Z"
        return count

    def delivered(self):
        """The targets of the POSTs that arrived, in order."""
        return [line.lstrip("?") for line in self.posts.read_text().split()] if self.posts.exists() else []

    def stop(self):
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass


def python(name, module):
    """A program of the virtual environment, or one that is installed."""
    own = ROOT / ".venv-bench/bin" / name
    return own if own.exists() else program(name) or missing(module, "scripts/bench-keepalive fetches it from PyPI")


def gthread(folder, port):
    found = python("gunicorn", "gunicorn")
    if not found:
        return None
    (folder / "served.py").write_text(WSGI)
    return Server("gthread", folder, [found, "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--keep-alive", "2", "--no-control-socket",
                                      "--bind", f"127.0.0.1:{port}", "served:app"], port)


def uvicorn(folder, port):
    found = python("uvicorn", "uvicorn")
    if not found:
        return None
    (folder / "served.py").write_text(ASGI)
    return Server("uvicorn", folder, [found, "--port", port, "--timeout-keep-alive", "1", "--no-access-log", "--log-level", "warning", "served:app"], port)


def apache(folder, port):
    found, modules = program("apache2"), pathlib.Path("/usr/lib/apache2/modules")
    if not found or not (modules / "mod_lua.so").exists():
        return missing("Apache", "scripts/deps build bench installs it")
    (folder / "ok.lua").write_text(LUA)
    # Started by root it wants to be somebody else, who must be able to look into the folder.
    account = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    (folder / "apache.conf").write_text(APACHE.format(folder=folder, port=port, modules=modules, posts=folder / "posts", account=account))
    return Server("apache prefork", folder, [found, "-f", folder / "apache.conf", "-D", "FOREGROUND"], port)


def starman(folder, port):
    found = program("starman")
    if not found:
        return missing("Starman", "scripts/deps build bench installs it")
    (folder / "served.psgi").write_text(PSGI)
    return Server("starman", folder, [found, "--listen", f"127.0.0.1:{port}", "--workers", "12", "--keepalive-timeout", "1", "--env", "deployment",
                                      "--max-requests", "1000000", folder / "served.psgi"], port)


def lighttpd(folder, port):
    found = program("lighttpd")
    if not found:
        return missing("lighttpd", "scripts/deps build bench installs it")
    for name in ("race", "ready"):
        (folder / name).write_text("ok")
    (folder / "lighttpd.conf").write_text(LIGHTTPD.format(folder=folder, port=port, posts=folder / "posts"))
    return Server("lighttpd", folder, [found, "-D", "-f", folder / "lighttpd.conf"], port)


def node(folder, port):
    found = program("node")
    if not found:
        return missing("Node", "scripts/deps build bench installs it")
    (folder / "served.js").write_text(NODE)
    return Server("node", folder, [found, folder / "served.js", port], port)


servers = {"gthread": gthread, "apache": apache, "starman": starman, "lighttpd": lighttpd, "uvicorn": uvicorn, "node": node}


def start(name, folder):
    """The running server, or None where it is not installed."""
    folder.mkdir()
    os.chmod(folder, 0o755)
    server = servers[name](folder, free_port())
    if server:
        try:
            answers(server.port, "/ready", 20)
        except SystemExit:
            server.stop()
            print(server.log.read_text()[-2000:], file=sys.stderr)
            raise
    return server
