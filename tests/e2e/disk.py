"""tests/e2e/disk.py: an ext4 file system on a loop device, whose power can be cut.

What:    with Disk(folder, 256) as disk: disk.path; cut_power() forgets what was not synced;
         again() mounts it as after a restart of the machine, which replays ext4's own journal.
Errors:  needs root, /dev/loop-control and mkfs.ext4.
Limits:  a file system that is still in use after UMOUNT_SECONDS_MAX is detached lazily.
"""

import errno
import fcntl
import os
import struct
import subprocess
from pathlib import Path

from peers.netns import command, wait_until

# <linux/ext4.h>: _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH.
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
UMOUNT_SECONDS_MAX = 20
PIECE = 64 << 20  # of what takes room away


class Disk:
    def __init__(self, folder: Path, mebibytes: int):
        self.image = folder / "disk.img"
        self.path = folder / "disk"
        self.mebibytes = mebibytes
        self.mounted = False

    def __enter__(self) -> "Disk":
        self.path.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(self.mebibytes << 20)
        # No lazy initialisation: a thread of the kernel would write beside the test.
        command("mkfs.ext4", "-q", "-F", "-m", "0", "-E",
                "lazy_itable_init=0,lazy_journal_init=0", self.image)
        self.mount()
        self.path.chmod(0o755)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.mounted:
            return
        try:
            self.unmount()
        except TimeoutError:
            command("umount", "--lazy", self.path)
        self.image.unlink()

    def mount(self) -> None:
        command("mount", "-o", "loop", self.image, self.path)
        self.mounted = True

    def unmount(self) -> None:
        def done() -> bool:
            return subprocess.run(["umount", self.path], capture_output=True, check=False,
                                  timeout=UMOUNT_SECONDS_MAX).returncode == 0

        wait_until(f"{self.path} is not in use", done, UMOUNT_SECONDS_MAX)
        self.mounted = False
        self.unmount_copies()

    def unmount_copies(self) -> None:
        """A mount namespace that somebody made meanwhile has a copy, which keeps ext4 going."""
        for place in Path("/proc").glob("[0-9]*/mountinfo"):
            try:
                held = f" {self.path} " in place.read_text()
            except OSError:
                continue  # it has ended
            if held:
                subprocess.run(["nsenter", f"--target={place.parent.name}", "--mount", "umount",
                                self.path], capture_output=True, check=False,
                               timeout=UMOUNT_SECONDS_MAX)

    def again(self) -> None:
        self.unmount()
        self.mount()

    def cut_power(self) -> None:
        """Nothing that is not yet on the disk comes there any more; every call fails."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def become_read_only(self) -> None:
        """As ext4 does by itself when the device below it fails, whoever has files open."""
        command("mount", "-o", "remount,errors=remount-ro,abort", self.path)

    def free(self) -> int:
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def fill(self, leave: int) -> Path:
        """A file that takes all but `leave` octets of the room."""
        ballast = self.path / "ballast"
        piece = PIECE
        with open(ballast, "ab") as file:
            size = file.tell()
            while (more := min(piece, self.free() - leave)) > 0:
                try:
                    os.posix_fallocate(file.fileno(), size, more)
                    size += more
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece = more // 2
        return ballast
