"""How many values a graph of shared containers stands for when every share is counted again."""

from weigh.formats.pickle_values import DictNode, ListNode, SetNode, Value

MOST_VISITED = 2_000_000
"""Containers looked at."""


def expanded(root: Value) -> float:
    """Values under `root` as a tree: what comparing, printing or hashing it would go through.

    Only tuples, lists, dicts and sets count; what instances hold is their own matter. A cycle counts once.
    """
    sizes: dict[int, float] = {}
    open_nodes: set[int] = set()
    todo: list[tuple[Value, bool]] = [(root, False)]
    while todo and len(sizes) < MOST_VISITED:
        node, below_done = todo.pop()
        key = id(node)
        if below_done:
            open_nodes.discard(key)
            total = 1.0
            for item in _items(node):
                total += sizes.get(id(item), 1.0) if type(item) in _HOLDERS else 1.0
            sizes[key] = total
        elif type(node) in _HOLDERS and key not in sizes and key not in open_nodes:
            open_nodes.add(key)
            todo.append((node, True))
            todo += [(item, False) for item in _items(node) if type(item) in _HOLDERS]
    return sizes.get(id(root), 1.0)


def _items(node: Value) -> "list[Value] | tuple[Value, ...]":
    if type(node) is tuple:
        return node
    return node.pairs if type(node) is DictNode else node.items if type(node) in _HOLDERS else ()


_HOLDERS = frozenset({tuple, ListNode, DictNode, SetNode})
