package sql

import (
	"fmt"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// defaultIntent is the column that holds Record.Intent where a table has it.
const defaultIntent = "gleis_intent"

func settings() []sdk.Setting {
	one, none, most := int64(1), int64(0), int64(sdk.MaxBatchRecords)
	reading, advanced := sdk.Text{EN: "Reading", DE: "Lesen"}, sdk.Text{EN: "Advanced", DE: "Erweitert"}
	return []sdk.Setting{
		{
			Name: "dsn", Secret: true, Required: true, Order: 1, ChangesSchema: true,
			Title: sdk.Text{EN: "Database", DE: "Datenbank"},
			Help: sdk.Text{
				EN: "sqlite:crm.db, sqlite:/data/crm.db or postgres://user:password@host:5432/database?sslmode=verify-full. A relative SQLite path counts from the working directory of the process.",
				DE: "sqlite:crm.db, sqlite:/data/crm.db oder postgres://benutzer:kennwort@host:5432/datenbank?sslmode=verify-full. Ein relativer SQLite-Pfad zählt ab dem Arbeitsverzeichnis des Prozesses.",
			},
		},
		{
			Name: "create", Type: sdk.SettingBool, Order: 2, Title: sdk.Text{EN: "Create a missing file", DE: "Fehlende Datei anlegen"},
			Help: sdk.Text{EN: "SQLite only. Otherwise a missing file is an error.", DE: "Nur SQLite. Sonst ist eine fehlende Datei ein Fehler."},
		},
		{
			Name: "schemas", Type: sdk.SettingList, Order: 3, ChangesSchema: true, Dynamic: true, Title: sdk.Text{EN: "Schemas", DE: "Schemas"},
			Help: sdk.Text{
				EN: "PostgreSQL only. Tables of the first one are named alone, others as schema.table. Empty: the current schema of the user.",
				DE: "Nur PostgreSQL. Tabellen des ersten heißen ohne Zusatz, die anderen schema.tabelle. Leer: das aktuelle Schema des Benutzers.",
			},
		},
		{
			Name: "tables", Type: sdk.SettingList, Order: 4, ChangesSchema: true, Dynamic: true, Title: sdk.Text{EN: "Tables and views", DE: "Tabellen und Sichten"},
			Help: sdk.Text{EN: "Those that are offered. Empty: all.", DE: "Die angebotenen. Leer: alle."},
		},
		{
			Name: "read_only", Type: sdk.SettingBool, Order: 5, ChangesSchema: true, Title: sdk.Text{EN: "Read only", DE: "Nur lesen"},
			Help: sdk.Text{EN: "Nothing is ever written to the database.", DE: "In die Datenbank wird nie geschrieben."},
		},
		{
			Name: "change_columns", Type: sdk.SettingList, Group: reading, Order: 10, ChangesSchema: true, Title: sdk.Text{EN: "Change columns", DE: "Änderungsspalten"},
			Help: sdk.Text{
				EN: "table=column for each table whose changes are read by a column that grows with every change of a row; table= for none. Default: a column named updated_at, modified_at, changed_at, last_modified or alike of a time type, or of a whole number type if its name tells of a time.",
				DE: "tabelle=spalte für jede Tabelle, deren Änderungen über eine Spalte gelesen werden, die mit jeder Änderung einer Zeile wächst; tabelle= für keine. Vorgabe: eine Spalte updated_at, modified_at, changed_at, last_modified oder ähnlich mit einem Zeittyp, oder mit ganzen Zahlen, wenn der Name eine Zeit nennt.",
			},
		},
		{
			Name: "keys", Type: sdk.SettingList, Group: reading, Order: 11, ChangesSchema: true, Title: sdk.Text{EN: "Keys", DE: "Schlüssel"},
			Help: sdk.Text{
				EN: "table=column,column for views, and for tables without a primary key, whose rows are told apart by these columns.",
				DE: "tabelle=spalte,spalte für Sichten und Tabellen ohne Primärschlüssel, deren Zeilen diese Spalten unterscheiden.",
			},
		},
		{
			Name: "overlap_seconds", Type: sdk.SettingInt, Default: "60", Min: &none, Group: reading, Order: 12, Title: sdk.Text{EN: "Overlap in seconds", DE: "Überlappung in Sekunden"},
			Help: sdk.Text{
				EN: "Changes this much older than the last ones are read again, for transactions that committed late and for clocks that differ. It must be longer than any transaction that writes.",
				DE: "Um so viel ältere Änderungen werden noch einmal gelesen, für spät abgeschlossene Transaktionen und abweichende Uhren. Sie muss länger sein als jede schreibende Transaktion.",
			},
		},
		{
			Name: "overlap_count", Type: sdk.SettingInt, Default: "1000", Min: &none, Group: reading, Order: 13, Title: sdk.Text{EN: "Overlap of numbers", DE: "Überlappung von Zahlen"},
			Help: sdk.Text{EN: "The same for change columns of whole numbers.", DE: "Dasselbe für Änderungsspalten mit ganzen Zahlen."},
		},
		{
			Name: "batch", Type: sdk.SettingInt, Default: "500", Min: &one, Max: &most, Group: reading, Order: 14, Title: sdk.Text{EN: "Rows in a batch", DE: "Zeilen je Stapel"},
		},
		{
			Name: "intent_column", Default: defaultIntent, Group: advanced, Order: 20, ChangesSchema: true, Title: sdk.Text{EN: "Intent column", DE: "Absichtsspalte"},
			Help: sdk.Text{
				EN: "Text column that keeps the mark of a create, so that a create whose answer was lost is found again. Wanted in tables whose key the database makes. It should have a unique index.",
				DE: "Textspalte, die das Kennzeichen einer Anlage behält, damit eine Anlage mit verlorener Antwort wiedergefunden wird. Erwünscht in Tabellen, deren Schlüssel die Datenbank vergibt. Sie sollte einen eindeutigen Index haben.",
			},
		},
		{
			Name: "timeout_seconds", Type: sdk.SettingInt, Default: "10", Min: &one, Group: advanced, Order: 21, Title: sdk.Text{EN: "Waiting time in seconds", DE: "Wartezeit in Sekunden"},
			Help: sdk.Text{EN: "Longest wait for a connection, or for a lock.", DE: "Längstes Warten auf eine Verbindung oder eine Sperre."},
		},
		{
			Name: "max_connections", Type: sdk.SettingInt, Default: "4", Min: &one, Group: advanced, Order: 22, Title: sdk.Text{EN: "Connections at most", DE: "Verbindungen höchstens"},
		},
	}
}

// config is what the settings say.
type config struct {
	dsn      string
	create   bool
	readOnly bool
	schemas  []string
	tables   []string
	changed  map[string]string   // by object; "": none
	keys     map[string][]string // by object
	intent   string
	overlap  time.Duration
	count    int64
	batch    int
	timeout  time.Duration
	conns    int
}

func configOf(s sdk.Settings) (config, error) {
	c := config{
		dsn: s.Secret("dsn").Reveal(), create: s.Bool("create"), readOnly: s.Bool("read_only"),
		schemas: s.List("schemas"), tables: s.List("tables"), intent: s.Text("intent_column"),
		overlap: time.Duration(s.Int("overlap_seconds")) * time.Second, count: s.Int("overlap_count"),
		batch: int(s.Int("batch")), timeout: time.Duration(s.Int("timeout_seconds")) * time.Second, conns: int(s.Int("max_connections")),
		changed: map[string]string{}, keys: map[string][]string{},
	}
	for _, item := range s.List("change_columns") {
		table, column, ok := pairOf(item)
		if !ok {
			return c, settingError("change_columns", "%q is not of the form table=column", item)
		}
		c.changed[table] = column
	}
	for _, item := range s.List("keys") {
		table, columns, ok := pairOf(item)
		if !ok || columns == "" {
			return c, settingError("keys", "%q is not of the form table=column,column", item)
		}
		for column := range strings.SplitSeq(columns, ",") {
			c.keys[table] = append(c.keys[table], strings.TrimSpace(column))
		}
	}
	return c, nil
}

func pairOf(item string) (table, column string, ok bool) {
	table, column, ok = strings.Cut(item, "=")
	table, column = strings.TrimSpace(table), strings.TrimSpace(column)
	return table, column, ok && table != ""
}

func settingError(name, format string, args ...any) *sdk.Error {
	return &sdk.Error{
		Op: "open", Kind: sdk.Invalid, Code: "setting", Args: map[string]string{"setting": name},
		Err: fmt.Errorf("setting %q: %s", name, fmt.Sprintf(format, args...)),
	}
}
