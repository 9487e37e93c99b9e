"""A strict little S3: lists in pages, ranges, conditional writes, uploads in parts, signed requests only.

What S3 answers stands in the reference of its API and in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
`obstore` talks to it unmodified.
"""

import hashlib
import threading
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.sources.loopback import Answer, Loopback, _Handler

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class _Writable(_Handler):
    do_PUT = do_DELETE = _Handler._answer


class S3Server(Loopback):
    """The bucket `acme`.

    Attributes:
        objects: content by key.
        page: keys of one page of a list.
        conditional: it knows If-Match and If-None-Match; some stores do not.
        before_put: called with the key before an object is written, to let others be faster.
        tamper: called with key and content of what is read.
        fail_after: answers 500 to every write once so many bytes were written; None for never.
    """

    def __init__(self):
        super().__init__(self.answer)
        self._server.RequestHandlerClass = _Writable
        self.objects = {}
        self.parts = {}
        self.page = 3
        self.conditional = True
        self.before_put = lambda key: None
        self.tamper = lambda key, data: data
        self.fail_after = None
        self.written = self.read = 0
        self.puts = Counter()
        self._one = threading.RLock()

    def environ(self, home):
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1", "HOME": str(home),
        }  # fmt: skip

    def answer(self, asked):
        parts = urlsplit(asked.path)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        if not asked.login.startswith("AWS4-HMAC-SHA256 Credential=someone/"):
            return _error(403, "AccessDenied")
        _, bucket, *rest = unquote(parts.path).split("/", 2)
        if bucket != "acme":
            return _error(404, "NoSuchBucket")
        key = rest[0] if rest else ""
        with self._one:
            if "list-type" in query:
                return self.listing(query)
            if asked.method in {"GET", "HEAD"}:
                return self.get(asked, key)
            return self.change(asked, key, query)

    def listing(self, query):
        keys = sorted(k for k in self.objects if k.startswith(query.get("prefix", "")))
        at = int(query.get("continuation-token", "0"))
        items = "".join(
            f"<Contents><Key>{escape(k)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{escape(_tag(self.objects[k]))}</ETag><Size>{len(self.objects[k])}</Size></Contents>"
            for k in keys[at : at + self.page]
        )
        more = at + self.page < len(keys)
        token = f"<NextContinuationToken>{at + self.page}</NextContinuationToken>" if more else ""
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        return Answer(f"<ListBucketResult {_NAMESPACE}>{cut}{token}{items}</ListBucketResult>".encode())

    def get(self, asked, key):
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        data = self.objects[key]
        headers = {"ETag": _tag(data), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        data = self.tamper(key, data)
        self.read += len(data) if "range" not in asked.headers else 0
        return Answer(data, headers=headers)

    def change(self, asked, key, query):
        if self.fail_after is not None and self.written > self.fail_after:
            return _error(500, "InternalError")
        if asked.method == "POST" and "uploads" in query:
            name = f"upload-{len(self.parts)}"
            self.parts[name] = {}
            inside = f"<Bucket>acme</Bucket><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
            return _xml("InitiateMultipartUploadResult", inside)
        if asked.method == "PUT" and "partNumber" in query:
            self.parts[query["uploadId"]][int(query["partNumber"])] = asked.body
            self.written += len(asked.body)
            return Answer(headers={"ETag": _tag(asked.body)})
        if asked.method == "POST" and "uploadId" in query:
            found = self.parts.pop(query["uploadId"])
            return self.put(asked, key, b"".join(found[n] for n in sorted(found)), complete=True)
        if asked.method == "DELETE" and "uploadId" in query:
            self.parts.pop(query["uploadId"], None)
            return Answer(status=204)
        if asked.method == "PUT":
            self.written += len(asked.body)
            return self.put(asked, key, asked.body)
        return _error(405, "MethodNotAllowed")

    def put(self, asked, key, data, *, complete=False):
        self.before_put(key)
        there = self.objects.get(key)
        if self.conditional:
            if asked.headers.get("if-none-match") == "*" and there is not None:
                return _error(412, "PreconditionFailed")
            wanted = asked.headers.get("if-match")
            if wanted is not None and (there is None or _tag(there).strip('"') != wanted.strip('"')):
                return _error(412 if there is not None else 404, "PreconditionFailed")
        self.objects[key] = data
        self.puts[key] += 1
        if complete:
            inside = f"<Bucket>acme</Bucket><Key>{escape(key)}</Key><ETag>{escape(_tag(data))}</ETag>"
            return _xml("CompleteMultipartUploadResult", inside)
        return Answer(headers={"ETag": _tag(data)})


def _tag(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


def _xml(name, inside):
    return Answer(f"<{name} {_NAMESPACE}>{inside}</{name}>".encode())


def _error(status, code):
    return Answer(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode(), status)
