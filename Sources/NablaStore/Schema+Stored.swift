extension Schema {
    // Samples lie once, however many names they have. A run keeps those it needs, see `datasetNeeded`.
    static let datasets = """
        CREATE TABLE dataset_contents (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            description TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE datasets (
            name TEXT PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            content INTEGER NOT NULL REFERENCES dataset_contents,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX datasets_by_content ON datasets (content);
        CREATE TABLE run_datasets (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            content INTEGER NOT NULL REFERENCES dataset_contents ON DELETE CASCADE,
            PRIMARY KEY (run, content)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_datasets_by_content ON run_datasets (content);
        """

    /// The runs that need the dataset's content `?`: those that may still be trained on it.
    static let runsInNeed = """
        SELECT runs.id FROM run_datasets JOIN runs ON runs.number = run_datasets.run
        WHERE run_datasets.content = ? AND runs.status IN ('queued', 'running', 'interrupted')
        """

    /// Deletes samples that have no name any more and that no run needs.
    static let deleteUnused = """
        DELETE FROM dataset_contents WHERE number NOT IN (SELECT content FROM datasets)
            AND NOT EXISTS (
                SELECT 1 FROM run_datasets JOIN runs ON runs.number = run_datasets.run
                WHERE run_datasets.content = dataset_contents.number
                    AND runs.status IN ('queued', 'running', 'interrupted'))
        """

    static let storedNetworks = """
        CREATE TABLE stored_networks (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            description TEXT NOT NULL,
            content BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        """
}
