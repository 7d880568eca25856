package inventorysql

import (
	"strings"

	"github.com/flywheel-go/flywheel"
)

const (
	levelColumns       = `sku, location, on_hand, reserved, backorder, seq`
	movementColumns    = `sku, location, seq, kind, ref, attempt, on_hand, reserved, reason, at, on_hand_after, reserved_after`
	reservationColumns = `ref, location, lines, state, expires, attempt, version`
	notFinal           = `state NOT IN ('committed', 'released', 'expired')`
)

// statements are those for many rows. The rows are one argument, a JSON array
// of objects, so that a statement has the same text, and is prepared once,
// whatever their number.
type statements struct {
	createLevels  string // rows of item
	lockLevels    string // rows of item
	updateLevels  string // rows of levelRow
	addMovements  string // rows of movementRow
	findMovements string // ref, attempt, rows of item
}

func statementsOf(d flywheel.Dialect) statements {
	lock := ""
	if d == flywheel.Postgres {
		lock = " FOR UPDATE OF l"
	}
	items := rows(d, "n bigint", "sku text", "location text")
	return statements{
		// WHERE true keeps SQLite from reading ON CONFLICT as the ON of a join, and
		// CROSS JOIN makes it begin with the rows of the argument.
		createLevels: `INSERT INTO flywheel_inventory_levels (sku, location)
			SELECT x.sku, x.location FROM ` + items + ` WHERE true ORDER BY x.n
			ON CONFLICT (sku, location) DO NOTHING`,
		lockLevels: `SELECT ` + of("l", levelColumns) + ` FROM ` + items + `
			CROSS JOIN flywheel_inventory_levels l WHERE l.sku = x.sku AND l.location = x.location
			ORDER BY l.sku, l.location` + lock,
		updateLevels: `INSERT INTO flywheel_inventory_levels (sku, location, on_hand, reserved, seq)
			SELECT x.sku, x.location, x.on_hand, x.reserved, x.seq
			FROM ` + rows(d, "sku text", "location text", "on_hand bigint", "reserved bigint", "seq bigint") + ` WHERE true
			ON CONFLICT (sku, location) DO UPDATE
			SET on_hand = excluded.on_hand, reserved = excluded.reserved, seq = excluded.seq`,
		addMovements: `INSERT INTO flywheel_inventory_movements (` + movementColumns + `)
			SELECT ` + of("x", movementColumns) + ` FROM ` + rows(d, "sku text", "location text", "seq bigint",
			"kind text", "ref text", "attempt bigint", "on_hand bigint", "reserved bigint", "reason text", "at bigint",
			"on_hand_after bigint", "reserved_after bigint"),
		findMovements: `SELECT ` + movementColumns + ` FROM flywheel_inventory_movements
			WHERE ref = ? AND attempt = ? AND (sku, location) IN (SELECT x.sku, x.location FROM ` + items + `)
			ORDER BY sku, location, seq`,
	}
}

// rows is the table x of the rows in an argument, with columns such as "n bigint".
func rows(d flywheel.Dialect, columns ...string) string {
	if d == flywheel.Postgres {
		return `json_to_recordset(CAST(? AS json)) AS x(` + strings.Join(columns, ", ") + `)`
	}
	fields := make([]string, len(columns))
	for i, c := range columns {
		name, _, _ := strings.Cut(c, " ")
		fields[i] = `value->>'` + name + `' AS ` + name
	}
	return `(SELECT ` + strings.Join(fields, ", ") + ` FROM json_each(?)) AS x`
}

// of puts the table's name before each column.
func of(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
