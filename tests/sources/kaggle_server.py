"""A Kaggle on 127.0.0.1: the questions of its API that a download needs, in pages; bytes lie elsewhere."""

import base64
import hashlib
import json

HANDLE = "acme/tiny/pyTorch/base"


def serve_model(site, storage, files, *, versions=(1, 2), page=200, handle=HANDLE, licence="Apache 2.0"):
    """Put a model on a file server; its bytes come from another one, as they do in earnest."""
    root = f"/api/v1/models/{handle}"
    about = {"id": 77, "slug": "base", "versionNumber": max(versions), "licenseName": licence}
    site.put(f"{root}/get", json.dumps(about).encode())
    for version in versions:
        _pages(site, f"{root}/{version}/files", sorted(files), files, page)
        for path, data in files.items():
            site.redirects[f"{root}/{version}/download/{path}"] = f"{storage.root}/v{version}/{path}?sig=1"
            storage.put(f"/v{version}/{path}", data)
            md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
            storage.headers[f"/v{version}/{path}"] = {"X-Goog-Hash": f"crc32c=AAAAAA==,md5={md5}"}


def _pages(site, path, names, files, page):
    for start in range(0, max(len(names), 1), page):
        listed = [{"name": n, "size": len(files[n])} for n in names[start : start + page]]
        token = f"t{start + page}" if start + page < len(names) else ""
        query = "?page_size=200" + (f"&page_token=t{start}" if start else "")
        body = {"files": listed, "nextPageToken": token}
        site.put(path + query, json.dumps(body).encode())
