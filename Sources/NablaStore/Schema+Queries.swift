extension Schema {
    // What a run's request says, setting by setting, as filters and orders ask for it.
    //
    // `value` is the number where the setting is one, else the text, so that both compare as what
    // they are. Filled from the request by `params(of:)`.
    static let params = """
        CREATE TABLE params (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            key TEXT NOT NULL,
            text TEXT NOT NULL,
            value ANY NOT NULL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX params_by_value ON params (key, value);
        CREATE INDEX summaries_by_latest ON summaries (key, latest) WHERE latest IS NOT NULL;
        CREATE INDEX runs_by_start ON runs (started_at, created_at, id)
            WHERE started_at IS NOT NULL;
        CREATE INDEX runs_by_end ON runs (finished_at, created_at, id)
            WHERE finished_at IS NOT NULL;
        ALTER TABLE runs ADD COLUMN notes TEXT;
        """

    // So that what filters ask is answered by an index alone, whatever they ask. What is here never
    // changes while a run trains.
    static let answers = """
        DROP INDEX params_by_value;
        CREATE INDEX params_by_value ON params (key, value, text);
        CREATE INDEX runs_by_parameters ON runs (parameters, created_at, id);
        CREATE INDEX runs_by_epochs ON runs (epochs, created_at, id);
        """

    // When the runs of 64 numbers each were created, at the earliest and the latest (`RunAges`). What is
    // deleted leaves bounds that are wider than they need be.
    static let ages = """
        CREATE TABLE ages (
            block INTEGER PRIMARY KEY,
            earliest INTEGER NOT NULL,
            latest INTEGER NOT NULL
        ) STRICT;
        INSERT INTO ages
            SELECT number >> 6, min(created_at), max(created_at) FROM runs GROUP BY number >> 6;
        CREATE TRIGGER runs_have_ages AFTER INSERT ON runs BEGIN
            INSERT INTO ages VALUES (NEW.number >> 6, NEW.created_at, NEW.created_at)
            ON CONFLICT DO UPDATE SET
                earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest);
        END;
        """

    // A key lives as long as its run.
    static let idempotencyKeys = """
        CREATE TABLE idempotency_keys (
            key TEXT PRIMARY KEY,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_run ON idempotency_keys (run);
        """

    /// The statement that takes the settings out of the requests of the runs for which `condition`
    /// holds.
    ///
    /// A setting in an object is named with it, as in `optimizer.learning_rate`; an object's `type` is
    /// what it is, as in `optimizer`. Left out are the network, name and tags, which the request has,
    /// too, and lists. SQLite puts names with an underscore in quotes.
    static func params(of condition: String) -> String {
        """
        INSERT OR IGNORE INTO params (run, key, text, value)
        SELECT number,
            replace(substr(CASE WHEN part.key = 'type' AND part.path <> '$'
                THEN part.path ELSE part.fullkey END, 3), '"', ''),
            CASE part.type WHEN 'text' THEN part.atom ELSE request -> part.fullkey END,
            CASE WHEN part.type IN ('integer', 'real', 'text') THEN part.atom ELSE part.type END
        FROM runs, json_tree(CASE WHEN json_valid(request) THEN request ELSE '{}' END) AS part
        WHERE \(condition) AND part.atom IS NOT NULL AND part.path <> '$.tags'
            AND part.fullkey <> '$.name' AND part.fullkey NOT GLOB '$.network.*'
            AND instr(part.fullkey, '[') = 0
        """
    }
}
