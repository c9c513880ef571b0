"""Orders, a floor to split them on, and order files, for tests."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

from fleet.tasks.model import Order, OrderLine
from fleet.tasks.splitting import OrderSplitter
from robots.model import RobotModel

WIDTH = 20
HEIGHT = 10
SHIPPED_ORDERS = Path(__file__).parents[1] / "sim_worlds" / "orders" / "order_lines.csv"
HEADER = "order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g"


class HashedSlotting:
    """Every SKU in two columns of a row that follows from its name; every destination a chute in the last row."""

    destinations = ("Lyon", "Oslo")

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        row = crc32(sku.encode()) % (HEIGHT - 1)
        return row * WIDTH + (3 if near % WIDTH < WIDTH // 2 else 16), 4.0

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        if destination is None:
            destination = self.destinations[crc32(order_id.encode()) % 2]
        if destination not in self.destinations:
            raise KeyError(destination)
        return (HEIGHT - 1) * WIDTH + 5 * self.destinations.index(destination), 2.5, destination


def splitter(**robot: float) -> OrderSplitter:
    return OrderSplitter(HashedSlotting(), RobotModel(**robot), WIDTH)  # type: ignore[arg-type]


def order(order_id: str = "A", *quantities: int, litres: float = 1.0, kg: float = 1.0, due_s: float = 100.0) -> Order:
    """An order of lines `sku-0`, `sku-1`, ... with these quantities."""
    lines = tuple(OrderLine(f"sku-{at}", quantity, litres, kg) for at, quantity in enumerate(quantities or (1,)))
    return Order(order_id, lines, release_s=0.0, due_s=due_s)
