"""Taking an order on: it is written down with its tasks, which wait for robots from now on."""

from __future__ import annotations

from fleet.errors import TaskError
from fleet.tasks.books import PoolBooks
from fleet.tasks.model import Order, Task


def take_on(books: PoolBooks, order: Order, split: tuple[Task, ...], now_s: float) -> list[int]:
    """Write down an order and the tasks that it was split into; return their ids.

    Raises TaskError for an order that asks for nothing.
    """
    if not split:
        raise TaskError(f"order {order.id!r} asks for nothing")
    row = len(books.orders)
    books.orders.extend([order], [len(books.tasks)], [len(split)])
    tally = books.tally(row)
    tally.taken_on += 1
    tally.created += len(split)
    tally.units["ordered"] += order.units
    books.events(
        {
            "t": now_s,
            "event": "order_accepted",
            "order": order.id,
            "destination": split[0].destination,
            "tasks": len(split),
            "units": order.units,
            "release_s": order.release_s,
            "due_s": order.due_s,
            "priority": order.priority,
        }
    )
    books.tasks.extend(split, [row] * len(split))
    for task in split:
        _created(books, task, now_s)
    return [task.id for task in split]


def _created(books: PoolBooks, task: Task, now_s: float) -> None:
    books.waiting.join(task.id)
    books.events(
        {
            "t": now_s,
            "event": "task_created",
            "task": task.id,
            "order": task.order_id,
            "picks": [[errand.sku, errand.units, errand.cell] for errand in task.errands[:-1]],
            "drop": task.errands[-1].cell,
            "mass_kg": round(task.mass_kg, 6),
        }
    )
