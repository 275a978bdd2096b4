"""TLS, mutual TLS and tokens with what administrators have: openssl, the programs, and grpcio as the client."""

import os
import subprocess
import threading
import time
import unittest

import grpc

import relations_testing as rt

RELATIONS = os.path.abspath("client/cli/relations")

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
message Customer {
  option (.relations.v1.model) = { table: "customers" };
  int64 id = 1;
  string name = 2;
}
"""

SQL = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO customers VALUES (1, 'Ada');"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Authority:
    def __init__(self, directory, name):
        self.directory, self.pem, self.key = directory, *(os.path.join(directory, name + end) for end in (".pem", ".key"))
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", self.key, "-out", self.pem, "-subj", "/CN=" + name)

    def issue(self, name):
        """Paths of a certificate and its key."""
        cert, key, request = (os.path.join(self.directory, name + end) for end in (".pem", ".key", ".csr"))
        extensions = os.path.join(self.directory, name + ".ext")
        with open(extensions, "w") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                request, "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", "1",
                "-extfile", extensions, "-out", cert)
        return cert, key


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = directory = rt.temp_dir()
        with open(os.path.join(directory, "shop.proto"), "w") as file:
            file.write(SCHEMA)
        cls.database = os.path.join(directory, "shop.db")
        rt.make_database(cls.database, SQL)
        cls.schema = rt.descriptor_set(directory, ["shop.proto"], os.path.join(directory, "shop.binpb"))
        cls.authority = Authority(directory, "ca")
        cls.cert, cls.key = cls.authority.issue("server")
        cls.client_cert, cls.client_key = cls.authority.issue("client")
        cls.token = os.path.join(directory, "billing.token")
        cls.tokens = os.path.join(directory, "tokens")
        line = cls.run_cli(cls, "token", "new", "billing", "--out", cls.token)
        with open(cls.tokens, "w") as file:
            file.write(line)
        cls.tls = ["--tls-cert=" + cls.cert, "--tls-key=" + cls.key]

    def run_cli(self, *arguments, status=0, env=None):
        done = subprocess.run([RELATIONS, *arguments], env=dict(os.environ, **(env or {})), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stdout or done.stderr

    def serve(self, *flags):
        server = rt.Server(self.schema, self.database, flags)
        self.addCleanup(server.stop)
        return server

    def channel(self, server, mutual=False, token=None, ca=None):
        credentials = grpc.ssl_channel_credentials(read(ca or self.authority.pem),
                                                   read(self.client_key) if mutual else None,
                                                   read(self.client_cert) if mutual else None)
        if token is not None:
            credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
        server.channel.close()
        server.channel = grpc.secure_channel("localhost:%d" % server.port, credentials,
                                             options=[("grpc.use_local_subchannel_pool", 1)])

    def refused(self, call, status):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), status, caught.exception)
        return caught.exception

    def get(self, server):
        return server.get("shop.v1.Customer", [1], timeout=20).results[0].state

    def secret(self):
        return read(self.token).decode().strip()

    def test_python_over_tls_with_a_token(self):
        server = self.serve(*self.tls, "--tls-client-ca=" + self.authority.pem, "--token-file=" + self.tokens)
        self.channel(server, mutual=True, token=self.secret())
        self.assertEqual(self.get(server), rt.LOADED)
        self.channel(server, mutual=True)
        error = self.refused(lambda: self.get(server), grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(rt.reason_of(rt.error_of(error)), "UNAUTHENTICATED")
        self.channel(server, mutual=True, token="rel_wrong")
        self.refused(lambda: self.get(server), grpc.StatusCode.UNAUTHENTICATED)
        self.channel(server, token=self.secret())
        self.refused(lambda: self.get(server), grpc.StatusCode.UNAVAILABLE)

    def test_another_authority_is_refused(self):
        server = self.serve(*self.tls)
        self.channel(server, ca=Authority(self.directory, "other").pem)
        self.refused(lambda: self.get(server), grpc.StatusCode.UNAVAILABLE)

    def test_health_alone_is_open(self):
        server = self.serve("--token-file=" + self.tokens)
        check = server.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b"", timeout=20), b"\x08\x01")
        watch = server.channel.unary_stream("/grpc.health.v1.Health/Watch")
        self.refused(lambda: next(watch(b"", timeout=20)), grpc.StatusCode.UNAUTHENTICATED)
        for method in ["/relations.v1.RegistryService/ListModels", "/relations.v1.CacheService/Clear",
                       "/shop.v1.CustomerService/Get", "/no.such/Method"]:
            call = server.channel.unary_unary(method)
            self.refused(lambda: call(b"", timeout=20), grpc.StatusCode.UNAUTHENTICATED)
        for version in ["v1", "v1alpha"]:
            reflect = server.channel.stream_stream("/grpc.reflection.%s.ServerReflection/ServerReflectionInfo" % version)
            self.refused(lambda: next(reflect(iter([b"\x3a\x00"]), timeout=20)), grpc.StatusCode.UNAUTHENTICATED)

    def test_the_program_over_tls_with_a_token(self):
        server = self.serve(*self.tls, "--tls-client-ca=" + self.authority.pem, "--token-file=" + self.tokens)
        where = ["--server", "127.0.0.1:%d" % server.port]
        tls = ["--tls-ca", self.authority.pem, "--tls-cert", self.client_cert, "--tls-key", self.client_key]
        self.assertIn("Ada", self.run_cli("get", "Customer", "1", *where, *tls, "--token-file", self.token))
        self.assertIn("--token-file FILE says", self.run_cli("get", "Customer", "1", *where, *tls, status=1))
        self.assertIn("--tls-ca", self.run_cli("get", "Customer", "1", *where, status=1))
        environment = {"RELATIONS_CLIENT_TLS_CA": self.authority.pem, "RELATIONS_CLIENT_TLS_CERT": self.client_cert,
                       "RELATIONS_CLIENT_TLS_KEY": self.client_key, "RELATIONS_CLIENT_TOKEN_FILE": self.token}
        self.assertIn("Ada", self.run_cli("get", "Customer", "1", *where, env=environment))
        self.assertIn("Customer", self.run_cli("describe", *where, "--tls-server-name", "localhost", env=environment))
        # The server's file in place of the client's.
        out = self.run_cli("get", "Customer", "1", *where, *tls, "--token-file", self.tokens, status=2)
        self.assertIn("not its line in the server's file", out)

    def test_token_new(self):
        shown = self.run_cli("token", "new", "ci").splitlines()
        self.assertEqual(len(shown), 4)
        token, line = shown[1], shown[3]
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=token.encode(), stdout=subprocess.PIPE,
                                check=True).stdout.split()[0].decode()
        self.assertEqual(line, "ci:" + digest)
        self.assertEqual(os.stat(self.token).st_mode & 0o777, 0o600)
        before = self.secret()
        self.assertIn("File exists", self.run_cli("token", "new", "billing", "--out", self.token, status=1))
        self.assertEqual(self.secret(), before)
        self.assertIn("a token's name", self.run_cli("token", "new", "a b", status=2))
        self.assertIn("relations token new NAME", self.run_cli("token", "show", "ci", status=2))

    def test_rotation_while_clients_call(self):
        cert, key = (os.path.join(self.directory, name) for name in ("live.pem", "live.key"))

        def install(name):
            for source, to in zip(self.authority.issue(name), (cert, key)):
                os.replace(source, to)

        install("first")
        server = self.serve("--tls-cert=" + cert, "--tls-key=" + key, "--token-file=" + self.tokens)
        self.channel(server, token=self.secret())
        failures, calls, done = [], [0], threading.Event()

        def hammer():
            while not done.is_set():
                try:
                    self.get(server)
                    calls[0] += 1
                except grpc.RpcError as error:
                    failures.append(error)

        thread = threading.Thread(target=hammer)
        thread.start()
        for i in range(5):
            install("next%d" % i)
            before = calls[0]
            while calls[0] < before + 20 and not failures:
                time.sleep(0.01)
            self.channel_of_its_own(server)
        done.set()
        thread.join()
        self.assertEqual(failures, [])
        while not any("CN=next4" in line for line in list(server.log)):  # written before the last connection was made
            time.sleep(0.01)

    def channel_of_its_own(self, server):
        credentials = grpc.composite_channel_credentials(grpc.ssl_channel_credentials(read(self.authority.pem)),
                                                         grpc.access_token_call_credentials(self.secret()))
        with grpc.secure_channel("localhost:%d" % server.port, credentials,
                                 options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            models = channel.unary_unary("/relations.v1.RegistryService/ListModels")
            self.assertIn(b"shop.v1.Customer", models(b"", timeout=20))

    def start_refusal(self, *flags):
        with self.assertRaises(RuntimeError) as caught:
            rt.Server(self.schema, self.database, flags)
        return str(caught.exception)

    def test_what_does_not_start(self):
        garbage = os.path.join(self.directory, "garbage.pem")
        with open(garbage, "w") as file:
            file.write("super-secret garbage")
        missing = os.path.join(self.directory, "missing")
        self.assertIn("give both", self.start_refusal("--tls-cert=" + self.cert))
        self.assertIn(garbage, self.start_refusal("--tls-cert=" + garbage, "--tls-key=" + self.key))
        self.assertIn(garbage, self.start_refusal("--tls-cert=" + self.cert, "--tls-key=" + garbage))
        self.assertIn(garbage, self.start_refusal(*self.tls, "--tls-client-ca=" + garbage))
        self.assertIn(missing, self.start_refusal(*self.tls, "--tls-client-ca=" + missing))
        self.assertIn("is not that of the certificate",
                      self.start_refusal("--tls-cert=" + self.cert, "--tls-key=" + self.client_key))
        refusal = self.start_refusal("--token-file=" + garbage)
        self.assertIn(garbage + ":1: expected NAME:HASH", refusal)
        self.assertNotIn("super-secret", refusal)
        self.assertIn("unencrypted", self.start_refusal("--token-file=" + self.tokens, "--insecure-listen-any",
                                                        "--listen=0.0.0.0:0"))

    def test_no_secret_is_told(self):
        server = self.serve(*self.tls, "--token-file=" + self.tokens, "--log-level=debug")
        self.channel(server, token=self.secret())
        self.get(server)
        self.channel(server, token="rel_wrongsecret")
        error = self.refused(lambda: self.get(server), grpc.StatusCode.UNAUTHENTICATED)
        with open("/proc/%d/cmdline" % server.process.pid, "rb") as file:
            arguments = file.read().decode()
        server.process.terminate()
        server.process.wait(60)
        told = "".join(server.log) + str(error) + arguments
        line = read(self.tokens).decode().strip()
        for secret in [self.secret(), "wrongsecret", line.split(":")[1], read(self.key).decode().splitlines()[1]]:
            self.assertNotIn(secret, told)


if __name__ == "__main__":
    rt.main()
