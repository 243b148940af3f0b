import GRDB

/// Fills a new database with runs that ended, in SQL, which is faster than one by one.
///
/// Metric k of run i is spread evenly over 0 to 1, as are learning rates; teams, optimizers and statuses take
/// turns, and eras follow one another.
func fill(_ path: String, runs: Int) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
        try db.execute(
            sql: """
                INSERT INTO runs (number, id, name, status, created_at, started_at, finished_at,
                    request, parameters, epoch, epochs, step)
                WITH RECURSIVE count(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM count WHERE i < ?)
                SELECT i, printf('%08x-0000-7000-8000-%012x', i, i), 'run ' || i,
                    CASE i % 6 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'succeeded' END,
                    1800000000000 + i * 1000, 1800000000000 + i * 1000 + 5,
                    1800000000000 + i * 1000 + 7919 * i % 1000,
                    json_object('optimizer', json_object(
                            'type', CASE i % 5 WHEN 0 THEN 'adam' ELSE 'sgd' END,
                            'learning_rate', (i * 7919 % 100003) / 100003.0),
                        'epochs', 10, 'seed', i, 'dtype', 'float32', 'loss', 'mean_squared_error',
                        'batch_size', 32, 'shuffle', json('true')),
                    17, 10, 10, 100
                FROM count
                """, arguments: [runs])
        try db.execute(
            sql: """
                INSERT INTO tags SELECT number, 'team', 'team ' || (number / 3 % 5) FROM runs;
                INSERT INTO tags SELECT number, 'era', 'era ' || (number * 5 / (\(runs) + 1)) FROM runs;
                INSERT INTO params (run, key, text, value)
                SELECT number, replace(substr(CASE WHEN part.key = 'type' AND part.path <> '$'
                        THEN part.path ELSE part.fullkey END, 3), '"', ''),
                    CASE part.type WHEN 'text' THEN part.atom ELSE request -> part.fullkey END,
                    CASE WHEN part.type IN ('integer', 'real', 'text') THEN part.atom
                        ELSE part.type END
                FROM runs, json_tree(request) AS part WHERE part.atom IS NOT NULL;
                INSERT INTO summaries (run, key, place, latest, best)
                WITH RECURSIVE count(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM count WHERE k < 100)
                SELECT number, printf('metric_%02d', k), k,
                    ((number * 7919 + k * 104729 * number % 99991) % 100003) / 100003.0, 0
                FROM runs, count;
                """)
    }
    try queue.close()
}
