"""Kernel of the log of commands: which rows are not as they were submitted before. `command_log.py` stands in front."""

from __future__ import annotations

from numba import njit

from robots.arrays import Bool, Int32, UInt8


@njit(cache=True, nogil=True, error_model="numpy")
def take_over(
    epoch: Int32,
    index: Int32,
    entries: UInt8,
    service_s: Int32,
    halt: Bool,
    limit: Int32,
    last_epoch: Int32,
    last_index: Int32,
    last_entries: UInt8,
    last_service_s: Int32,
    last_halt: Bool,
    last_limit: Int32,
    rows: Int32,
) -> int:
    """Write the rows that differ in any bit over the last ones, and their numbers to `rows`; return how many there are.

    Seconds and limits are the bits of their floats.
    """
    found = 0
    for row in range(len(epoch)):
        same = (
            epoch[row] == last_epoch[row]
            and index[row] == last_index[row]
            and halt[row] == last_halt[row]
            and limit[row] == last_limit[row]
        )
        if same:
            for place in range(entries.shape[1]):
                same &= entries[row, place] == last_entries[row, place]
                same &= service_s[row, place] == last_service_s[row, place]
        if not same:
            last_epoch[row] = epoch[row]
            last_index[row] = index[row]
            last_halt[row] = halt[row]
            last_limit[row] = limit[row]
            for place in range(entries.shape[1]):
                last_entries[row, place] = entries[row, place]
                last_service_s[row, place] = service_s[row, place]
            rows[found] = row
            found += 1
    return found
