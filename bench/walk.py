"""One client that lists a whole cluster page by page, and checks what it gets."""

import json

from load import Failed
from server import LIST


def walk(server, objects):
    """Each object once and in order, or Failed. Returns the tokens, "" for the first page."""
    tokens, token, last, seen = [], "", ("", ""), 0
    while True:
        tokens.append(token)
        answer = server.get(LIST + (f"?continue={token}" if token else ""))
        if answer.status != 200:
            raise Failed(f"page {len(tokens)} of the list: {answer.status}: {answer.body[:500]}")
        page = json.loads(answer.plain())
        for item in page["items"]:
            name = (item["metadata"]["namespace"], item["metadata"]["name"])
            if name <= last:
                raise Failed(f"page {len(tokens)}: {name} comes after {last}")
            last = name
        seen += len(page["items"])
        token = page["metadata"].get("continue", "")
        if page["metadata"].get("remainingItemCount", 0) != objects - seen:
            raise Failed(f"page {len(tokens)}: remainingItemCount is not {objects - seen}: {page['metadata']}")
        if not token:
            break
    if seen != objects:
        raise Failed(f"the list has {seen} objects, not {objects}")
    return tokens
