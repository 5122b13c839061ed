"""Where journal files were read up to, in the app database."""

from embed.models import JournalPosition


class DatabasePositions:
    """One row per file, held from reading it until the transaction ends (embedhost.lib.journal.Positions)."""

    def lock(self, name: str) -> int:
        found = self._find(name)
        if found is None:
            JournalPosition.objects.bulk_create([JournalPosition(name=name)], ignore_conflicts=True)
            found = self._find(name)
        return found or 0

    def _find(self, name: str) -> int | None:
        rows = JournalPosition.objects.select_for_update().filter(name=name)
        return rows.values_list("offset", flat=True).first()

    def save(self, name: str, offset: int) -> None:
        JournalPosition.objects.filter(name=name).update(offset=offset)

    def forget(self, name: str) -> None:
        JournalPosition.objects.filter(name=name).delete()
