// Package joints is a test only: it runs the reference cases of the joints, which
// go through the event log, identity, live segments, points, journeys and
// recommendations at once, on memory, SQLite and PostgreSQL.
package joints
