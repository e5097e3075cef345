#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints src/http/sigv4_vectors_test.h: hard requests and the Authorization headers that botocore gives them, at a
fixed time, with the example key of AWS's documentation. With --check FILE: says whether FILE is what it would print.
Needs botocore (tools/pypi-tools.txt)."""
import datetime
import hashlib
import sys
from unittest import mock
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

DATE = "20261123T050000Z"
KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = ["plain.txt", "a b/c d.txt", "uni-é-日本-😀.txt", "plus+plus", "eq=eq", "pct%41%25", "am&per;semi,comma",
        "q?mark", "hash#", "colon:at@ex!tick'star*(paren)", "dbl//slash/./dot/../dd", "tilde~_-.", "trailing/",
        "back\\slash|pipe\"quote<>^`{}[]", "new\nline\ttab", "$dollar"]


def request(name, method, host, path, query=(), headers=(), body="", service="s3", token=""):
    return {"name": name, "method": method, "host": host, "path": path, "query": list(query), "headers": list(headers),
            "body": body, "service": service, "token": token}


def requests():
    for key in KEYS:
        for method, body in (("GET", ""), ("PUT", "hello")):
            yield request(f"{method} {key}", method, "bucket.s3.eu-central-1.amazonaws.com", "/" + key, body=body)
    yield request("list", "GET", "127.0.0.1:7070", "/bkt",
                  [("list-type", "2"), ("prefix", "a b/ü+=%&"), ("delimiter", "/"),
                   ("continuation-token", "1/abc+=="), ("start-after", "")])
    yield request("uploads", "POST", "127.0.0.1:7070", "/bkt/key 1", [("uploads", "")])
    yield request("part", "PUT", "127.0.0.1:7070", "/bkt/key 1",
                  [("partNumber", "10"), ("uploadId", "a+b/c=d~e f")], body="x" * 100)
    yield request("copy", "PUT", "127.0.0.1:7070", "/bkt/dst", token="TOK/EN+==",
                  headers=[("x-amz-copy-source", "/bkt/src%20a%2Bb"), ("content-type", "text/plain; charset=utf-8")])
    yield request("order of the query", "GET", "h", "/",
                  [("b", "2"), ("a", "2"), ("a", "1"), ("A", "x"), ("a-b", "1"), ("a", "")])
    yield request("spaces in headers", "GET", "h", "/", headers=[("x-amz-meta-a", "  a   b  c "), ("my-header", "v")])
    yield request("events", "POST", "events.eu-central-1.amazonaws.com", "/", body='{"Entries":[]}', service="events",
                  headers=[("x-amz-target", "AWSEvents.PutEvents"), ("content-type", "application/x-amz-json-1.1")])
    yield request("cloudformation", "POST", "cloudformation.eu-central-1.amazonaws.com", "/", token="T",
                  headers=[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
                  body="Action=DescribeStacks&Version=2010-05-15", service="cloudformation")
    yield request("lambda, by ARN", "POST", "lambda.eu-central-1.amazonaws.com",
                  "/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:f/invocations",
                  [("Qualifier", "$LATEST")], body="{}", service="lambda")
    yield request("dots in a path that is not S3's", "GET", "batch.eu-central-1.amazonaws.com",
                  "/v1/a b/../c//d/./é/", service="batch")


def signed(one):
    """The Authorization header that botocore makes."""
    encode = lambda text: quote(text, safe="-_.~")  # noqa: E731
    url = "http://" + one["host"] + quote(one["path"], safe="/-_.~")
    if one["query"]:
        url += "?" + "&".join(encode(name) + "=" + encode(value) for name, value in one["query"])
    made = AWSRequest(method=one["method"], url=url, data=one["body"].encode(), headers=dict(one["headers"]))
    made.headers["Host"] = one["host"]
    s3 = one["service"] == "s3"
    kind = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
    auth = kind(Credentials(KEY_ID, SECRET, one["token"] or None), one["service"], "eu-central-1")
    if s3:
        auth.payload = lambda _: hashlib.sha256(one["body"].encode()).hexdigest()
    at = datetime.datetime.strptime(DATE, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at):
        auth.add_auth(made)
    return made.headers["Authorization"]


def text_of(text):
    """A C++ string literal of the UTF-8 bytes."""
    plain = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\t"): "\\t", ord("?"): "\\?"}
    return '"' + "".join(plain.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in text.encode()) + '"'


def header():
    lines = ["// SPDX-License-Identifier: Apache-2.0",
             "// Hard requests and the headers that botocore signs them with. By tools/sigv4_vectors.py.",
             "// clang-format off", "#pragma once", "", "#include <string>", "#include <utility>", "#include <vector>", "",
             "namespace cls::http {", "", "struct SignatureVector {", "  using Pairs = std::vector<std::pair<std::string, std::string>>;",
             "  std::string name, method, host, path;", "  Pairs query, headers;",
             "  std::string body, service, token, authorization;", "};", "",
             "inline const std::vector<SignatureVector> signature_vectors{"]
    for one in requests():
        pairs = lambda all_: "{" + ", ".join("{" + text_of(n) + ", " + text_of(v) + "}" for n, v in all_) + "}"  # noqa: E731
        lines.append("    {" + ", ".join(
            [text_of(one["name"]), text_of(one["method"]), text_of(one["host"]), text_of(one["path"]),
             pairs(one["query"]), pairs(one["headers"]), text_of(one["body"]), text_of(one["service"]),
             text_of(one["token"])]) + ",\n     " + text_of(signed(one)) + "},")
    return "\n".join(lines + ["};", "", "}  // namespace cls::http"]) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        same = open(sys.argv[2], encoding="utf-8").read() == header()
        print(f"{len(list(requests()))} requests signed by botocore {botocore.__version__}:", "equal" if same else
              f"{sys.argv[2]} differs")
        sys.exit(not same)
    print(header(), end="")
