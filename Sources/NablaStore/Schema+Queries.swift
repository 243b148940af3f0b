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
