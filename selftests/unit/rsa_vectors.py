#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fill in the worked examples of Documentation/keying-rsa.md.

An implementation of the wire format apart from the daemon's, made of Python's
standard library and the openssl command; test_rsa_vectors holds the daemon's
code against what it wrote.  RSA-OAEP and RSA-PSS are random, so every run
makes new examples:

    selftests/unit/rsa_vectors.py Documentation/keying-rsa.md
"""

import hashlib
import hmac
import re
import subprocess
import sys
import tempfile


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


class Key:
    def __init__(self, bits):
        self.pem = openssl("genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt",
                           f"rsa_keygen_bits:{bits}")
        self.file = tempfile.NamedTemporaryFile(suffix=".pem")
        self.file.write(self.pem)
        self.file.flush()
        self.spki = openssl("pkey", "-in", self.file.name, "-pubout", "-outform", "DER")
        self.id = hashlib.sha256(self.spki).digest()

    def oaep(self, md, plain):
        return openssl("pkeyutl", "-encrypt", "-inkey", self.file.name,
                       "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{md}",
                       "-pkeyopt", f"rsa_mgf1_md:{md}", data=plain)

    def pss(self, label, data):
        return openssl("dgst", "-sha256", "-sign", self.file.name,
                       "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
                       "-sigopt", "rsa_mgf1_md:sha256", data=label + b"\0" + data)


def cbc(key, iv, plain):
    return openssl("enc", "-aes-128-cbc", "-K", key.hex(), "-iv", iv.hex(), data=plain)


def hkdf(ikm, salt, info, length):
    prk = hmac.digest(salt, ikm, "sha256")
    out = block = b""
    for i in range(1, 9):
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out += block
    command = openssl("kdf", "-keylen", str(length), "-binary", "-kdfopt", "digest:SHA256",
                      "-kdfopt", f"hexkey:{ikm.hex()}", "-kdfopt", f"hexsalt:{salt.hex()}",
                      "-kdfopt", f"hexinfo:{info.hex()}", "HKDF")
    assert command == out[:length]
    return command


def counted(octets):
    return len(octets).to_bytes(2, "big") + octets


def run(first, length=16):
    """Octets that count up: easy to find again in the examples."""
    return bytes((first + i) % 256 for i in range(length))


def sa_keys(ikm, salt):
    info = b"spindle-sa" + (1).to_bytes(4, "big") + (0x1001).to_bytes(4, "big")
    return {"sa-info": info, "sa-keys": hkdf(ikm, salt, info, 16 + 32)}


def compat():
    server = Key(1024)
    aes, mac = run(0x00), run(0x10)

    def seal(iv, text):
        return iv + cbc(aes, iv, hmac.digest(mac, text, "md5") + text)

    client = server.oaep("sha1", aes) + server.oaep("sha1", mac) + seal(run(0x20), b"ping")
    salt = hashlib.sha256(server.spki + client).digest()
    return {
        "private": server.pem, "server-key": server.spki, "keys": aes + mac,
        "client-iv": run(0x20), "client-first": client, "salt": salt,
        "server-iv": run(0x30), "server-record": seal(run(0x30), b"pong"),
        **sa_keys(aes + mac, salt),
    }


def seal_record(keys, header, counter, iv, plain):
    message = header + counter.to_bytes(8, "big") + iv + cbc(keys[:16], iv, plain)
    return message + hmac.digest(keys[16:], message, "sha256")[:16]


def signed():
    client, server, ephemeral = Key(2048), Key(2048), Key(2048)
    ikm = run(0x00, 48)
    hello = b"\x01\x01" + run(0x80, 32) + client.id + server.id
    answer = b"\x02" + run(0xa0, 32) + counted(ephemeral.spki)
    answer += counted(server.pss(b"spindle-rsa server signature", hello + answer))
    head = b"\x03" + ephemeral.oaep("sha256", ikm)
    so_far = hello + answer + head
    client_keys = hkdf(ikm, hashlib.sha256(so_far).digest(), b"spindle-rsa client records", 48)
    proof = counted(client.pss(b"spindle-rsa client signature", so_far)) + b"ping"
    keys = seal_record(client_keys, head, 0, run(0x30), proof)
    salt = hashlib.sha256(hello + answer + keys).digest()
    server_keys = hkdf(ikm, salt, b"spindle-rsa server records", 48)
    return {
        "client-private": client.pem, "server-private": server.pem,
        "ephemeral-private": ephemeral.pem, "keys": ikm, "client-nonce": run(0x80, 32),
        "server-nonce": run(0xa0, 32), "client-hello": hello, "server-hello": answer,
        "client-iv": run(0x30), "client-record-keys": client_keys, "client-keys": keys,
        "salt": salt, "server-record-keys": server_keys,
        "confirmation-iv": run(0x40), "server-iv": run(0x50),
        "confirmation": seal_record(server_keys, b"\x04", 0, run(0x40), b""),
        "server-record": seal_record(server_keys, b"\x04", 1, run(0x50), b"pong"),
        **sa_keys(ikm, salt),
    }


def block(value):
    if value.startswith(b"-----BEGIN"):
        return value.decode()
    return "".join(value[i:i + 32].hex() + "\n" for i in range(0, len(value), 32))


def main():
    path = sys.argv[1]
    values = {f"{profile.__name__}-{name}": value
              for profile in (compat, signed) for name, value in profile().items()}
    with open(path, encoding="utf-8") as doc:
        text = doc.read()
    text, n = re.subn(r"^```(hex|pem) (\S+)\n[^`]*```$",
                      lambda m: f"```{m[1]} {m[2]}\n{block(values.pop(m[2]))}```", text, flags=re.M)
    if values:
        sys.exit(f"{path} has no block for {', '.join(values)}")
    with open(path, "w", encoding="utf-8") as doc:
        doc.write(text)
    print(f"{path}: {n} blocks written")


main()
