"""All that lies on disk or goes between processes.

```text
folder      where everything lies below a workspace
files       files that appear whole or not at all
layout      how one line of a history is laid out and sealed
upgrade     how what an older version wrote is read
journal     the append-only history of one run
lock        one writer per run
log         the Log protocol, and a Log in memory
filelog     the Log over journals on disk
wire        the socket by which other processes hand commands to the writer
keyed       the Store protocol, and a Store in memory
tiny        the Store in a TinyDB file
blobs       content-addressed data that is too big for a frame
```

Nothing here knows what a frame means: a frame is one line of JSON, in bytes. Everything but the two async seams (`Log`
and `CommandServer`) blocks: call it through `asyncio.to_thread`.
"""
