import GRDB

/// The tables, and how they came to be: one named migration for each change, never edited later.
enum Schema {
    /// Marks a file as this program's own: "Nabl" in ASCII, as `PRAGMA application_id`.
    static let applicationID = 0x4E61_626C

    /// A change and the SQL that makes it, in the order in which they are made.
    static let changes: [(name: String, sql: [String])] = [
        (
            "1 runs, metrics, networks",
            ["PRAGMA application_id = \(applicationID)", runs, metrics, networks, writeProbe]
        ),
        ("2 tokens", [tokens]),
        ("3 series, journal", [series, journal]),
        ("4 params, notes, idempotency keys", [params, params(of: "true"), idempotencyKeys]),
        ("5 datasets, stored networks", [datasets, storedNetworks]),
        ("6 requests, checkpoints", [requests, checkpoints]),
        ("7 indexes that answer filters", [answers]),
        ("8 crashes, resumptions", [crashes]),
        ("9 ages", [ages]),
    ]

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        for change in changes {
            migrator.registerMigration(change.name) { db in
                for sql in change.sql { try db.execute(sql: sql) }
            }
        }
        return migrator
    }()

    // `number` is what the other tables point with: 3 bytes a row there instead of 36.
    // The indexes end in the order of pages, so that a page is read off one of them, unsorted.
    private static let runs = """
        CREATE TABLE runs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT,
            status TEXT NOT NULL CHECK (status IN
                ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            request TEXT NOT NULL,
            parameters INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            epochs INTEGER NOT NULL,
            step INTEGER NOT NULL,
            samples_per_second REAL,
            error TEXT
        ) STRICT;
        CREATE INDEX runs_by_age ON runs (created_at, id);
        CREATE INDEX runs_by_status ON runs (status, created_at, id);
        CREATE INDEX runs_by_name ON runs (name, created_at, id) WHERE name IS NOT NULL;

        CREATE TABLE tags (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tags_by_value ON tags (key, value);
        """

    // A run's metrics are numbered in the order it first gave them (`place`): 33 bytes a point,
    // where the key's text in each would make it 46 (a million points, four keys), and listed in
    // that order as they lie.
    private static let metrics = """
        CREATE TABLE summaries (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            key TEXT NOT NULL,
            place INTEGER NOT NULL,
            latest REAL,
            best REAL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE metrics (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            place INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            step INTEGER NOT NULL,
            value REAL NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY (run, place, epoch)
        ) STRICT, WITHOUT ROWID;
        """

    // In place of `metrics`: a row has the values of one metric over as many epochs as came together,
    // 8 bytes each, so that short epochs cost no more to store than to compute. `samples` is one number
    // where all are the same, as learning rates are. Rows of a metric do not overlap.
    private static let series = """
        CREATE TABLE series (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            place INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            last INTEGER NOT NULL,
            stride INTEGER NOT NULL,
            step INTEGER NOT NULL,
            step_stride INTEGER NOT NULL,
            time INTEGER NOT NULL,
            samples ANY NOT NULL,
            PRIMARY KEY (run, place, epoch)
        ) STRICT;
        INSERT INTO series
            SELECT run, place, epoch, epoch, 1, step, 0, time, value FROM metrics
            ORDER BY run, place, epoch;
        DROP TABLE metrics;
        """

    // What happened to all runs in the order it was stored: epochs, or with neither epoch the end of a
    // run. Numbers are never used again, so a reader who knows one can go on after it.
    private static let journal = """
        CREATE TABLE journal (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            epoch INTEGER,
            last INTEGER
        ) STRICT;
        CREATE INDEX journal_by_run ON journal (run);
        INSERT INTO journal (run, epoch, last)
            SELECT run, min(epoch), max(last) FROM series GROUP BY run ORDER BY run;
        INSERT INTO journal (run)
            SELECT number FROM runs WHERE status NOT IN ('queued', 'running') ORDER BY number;
        """

    // With rowids: parameters are large, and a tree without rowids would carry them in its keys.
    private static let networks = """
        CREATE TABLE networks (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            epoch INTEGER NOT NULL,
            description TEXT NOT NULL,
            dtype TEXT NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, epoch)
        ) STRICT;
        """

    // What a run is to do; runs of earlier versions have none. Apart from the runs, because it is large.
    private static let requests = """
        CREATE TABLE requests (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            priority INTEGER NOT NULL,
            owner TEXT,
            body BLOB NOT NULL
        ) STRICT;
        """

    // What going on needs beside the network of that epoch.
    private static let checkpoints = """
        CREATE TABLE checkpoints (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            epoch INTEGER NOT NULL,
            state BLOB NOT NULL
        ) STRICT;
        """

    // `crashes`: how often a process ended while it trained the run, since the run's last checkpoint.
    // `resumed`: after which epoch a caller last had it go on.
    private static let crashes = """
        ALTER TABLE runs ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE runs ADD COLUMN resumed INTEGER;
        """

    // One row, rewritten to learn whether writing works.
    private static let writeProbe = """
        CREATE TABLE write_probe (
            number INTEGER PRIMARY KEY CHECK (number = 1),
            writes INTEGER NOT NULL
        ) STRICT;
        """

    // Revoked tokens stay: their holders are told so, and calls need a token even after the last one.
    private static let tokens = """
        CREATE TABLE tokens (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            scopes TEXT NOT NULL CHECK (scopes IN ('read', 'write', 'read,write')),
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            last_used_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked_at IS NULL;
        """
}
