package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SettingType is the type of a setting's value.
type SettingType string

// The types of a setting.
const (
	SettingText SettingType = "text"
	SettingBool SettingType = "bool"
	SettingInt  SettingType = "int"
	SettingEnum SettingType = "enum" // one of Choices
	SettingList SettingType = "list" // texts; written as a list, or parted by semicolons or line ends
)

// Setting describes one setting of a connection or step. The list of them is the
// one truth for validation, command line, form and reference page.
type Setting struct {
	Name          string // lower case, unique
	Title, Help   Text
	Type          SettingType // "": text
	Secret        bool        // sealed at rest, never shown
	Required      bool
	Default       string // in the form ParseSettings takes
	Choices       []Choice
	Dynamic       bool       // Chooser lists the choices
	Group         Text       // heading in the form
	Order         int        // within the group
	DependsOn     *Condition // applies, and is required, only then
	MultiLine     bool
	DisplayOnly   bool   // shown, never set
	ChangesSchema bool   // the schema is read anew after a change
	Min, Max      *int64 // of an int
}

// Condition holds while the setting has one of the values.
type Condition struct {
	Setting string
	Values  []string
}

// Settings are the checked and completed values of a connection. Printing them
// shows no secret. The zero Settings are empty.
type Settings struct {
	values  map[string]string
	secrets map[string]bool
}

// ParseSettings checks raw against defs and completes it with the defaults. A
// bool is "true" or "false", a list a JSON array of texts or texts parted by
// semicolons or line ends. Everything that is wrong is reported at once: the
// error joins one *Error of kind Invalid for each, with Args["setting"].
func ParseSettings(defs []Setting, raw map[string]string) (Settings, error) {
	s := Settings{values: map[string]string{}, secrets: map[string]bool{}}
	var errs []error
	known := map[string]Setting{}
	for _, d := range defs {
		known[d.Name] = d
		if d.Secret {
			s.secrets[d.Name] = true
		}
		if d.Default != "" {
			s.values[d.Name] = d.Default
		}
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		d, ok := known[name]
		if !ok {
			errs = append(errs, settingError(name, "setting_unknown", "is unknown%s", didYouMean(name, defs)))
			continue
		}
		if d.DisplayOnly {
			errs = append(errs, settingError(name, "setting_display_only", "is only shown and cannot be set"))
			continue
		}
		v, err := d.parse(raw[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.values[name] = v
	}
	for _, d := range defs {
		if d.Required && s.values[d.Name] == "" && s.applies(d) {
			errs = append(errs, settingError(d.Name, "setting_required", "is required (%s)", d.Title.EN))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Settings{}, err
	}
	return s, nil
}

func (s Settings) applies(d Setting) bool {
	return d.DependsOn == nil || slices.Contains(d.DependsOn.Values, s.values[d.DependsOn.Setting])
}

func settingError(name, code, format string, args ...any) error {
	return &Error{
		Kind: Invalid, Code: code, Args: map[string]string{"setting": name},
		Err: fmt.Errorf("setting %q %s", name, fmt.Sprintf(format, args...)),
	}
}

// parse brings a raw value into its canonical form. No error text holds the
// value of a secret.
func (d Setting) parse(raw string) (string, error) {
	shown := strconv.Quote(raw)
	if d.Secret {
		shown = redacted
	}
	switch d.Type {
	case SettingBool:
		if raw != "true" && raw != "false" {
			return "", settingError(d.Name, "setting_type", "is true or false, not %s", shown)
		}
	case SettingInt:
		n, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 64)
		if err != nil {
			return "", settingError(d.Name, "setting_type", "is a whole number, not %s", shown)
		}
		if d.Min != nil && n < *d.Min || d.Max != nil && n > *d.Max {
			return "", settingError(d.Name, "setting_range", "is %d, allowed is %s", n, rangeText(d.Min, d.Max))
		}
		return strconv.FormatInt(n, 10), nil
	case SettingEnum:
		var values []string
		for _, c := range d.Choices {
			values = append(values, c.Value)
		}
		if !slices.Contains(values, raw) {
			return "", settingError(d.Name, "setting_choice", "is one of %s, not %s", strings.Join(values, ", "), shown)
		}
	case SettingList:
		items, err := parseList(raw)
		if err != nil {
			return "", settingError(d.Name, "setting_type", "is a list of texts")
		}
		return ListText(items), nil
	}
	return raw, nil
}

func rangeText(lo, hi *int64) string {
	switch {
	case lo == nil:
		return fmt.Sprintf("at most %d", *hi)
	case hi == nil:
		return fmt.Sprintf("at least %d", *lo)
	}
	return fmt.Sprintf("%d to %d", *lo, *hi)
}

// ListText returns items in the text form of a SettingList.
func ListText(items []string) string {
	if len(items) == 0 {
		return ""
	}
	b, err := json.Marshal(items)
	if err != nil {
		panic(err) // a []string always encodes
	}
	return string(b)
}

func parseList(raw string) ([]string, error) {
	if strings.HasPrefix(strings.TrimSpace(raw), "[") {
		var items []string
		err := Decode([]byte(raw), &items)
		return items, err
	}
	var items []string
	for _, s := range strings.FieldsFunc(raw, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' }) {
		if s = strings.TrimSpace(s); s != "" {
			items = append(items, s)
		}
	}
	return items, nil
}

// Text returns a value as text, "" if there is none.
func (s Settings) Text(name string) string { return s.values[name] }

// Secret returns a value that does not print.
func (s Settings) Secret(name string) Secret { return NewSecret(s.values[name]) }

// Bool returns whether a value is true.
func (s Settings) Bool(name string) bool { return s.values[name] == "true" }

// Int returns a whole number, 0 if there is none.
func (s Settings) Int(name string) int64 {
	n, err := strconv.ParseInt(s.values[name], 10, 64)
	if err != nil {
		return 0 // only an absent value is no number here: ParseSettings checked it
	}
	return n
}

// List returns the texts of a list.
func (s Settings) List(name string) []string {
	items, err := parseList(s.values[name])
	if err != nil {
		return nil // cannot be: ParseSettings checked it
	}
	return items
}

// Reveal returns all values in the clear, for a transport or a sealed store. The
// caller owns the map.
func (s Settings) Reveal() map[string]string {
	m := maps.Clone(s.values)
	if m == nil {
		m = map[string]string{}
	}
	return m
}

// shown returns the values without secrets.
func (s Settings) shown() map[string]string {
	m := s.Reveal()
	for name := range m {
		if s.secrets[name] {
			m[name] = redacted
		}
	}
	return m
}

// Format implements fmt.Formatter: no verb shows a secret.
func (s Settings) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.shown()) }

// MarshalJSON implements json.Marshaler, without secrets.
func (s Settings) MarshalJSON() ([]byte, error) { return Encode(s.shown()) }

// LogValue implements slog.LogValuer, without secrets.
func (s Settings) LogValue() slog.Value { return slog.AnyValue(s.shown()) }

func validateDefs(defs []Setting) error {
	seen := map[string]bool{}
	for _, d := range defs {
		if !nameRE.MatchString(d.Name) || seen[d.Name] {
			return fmt.Errorf("setting %q: the name is empty, not lower case, or given twice", d.Name)
		}
		seen[d.Name] = true
		if d.Default != "" {
			if _, err := d.parse(d.Default); err != nil {
				return fmt.Errorf("default: %w", err)
			}
		}
	}
	for _, d := range defs {
		if c := d.DependsOn; c != nil && !seen[c.Setting] {
			return fmt.Errorf("setting %q depends on %q, which does not exist", d.Name, c.Setting)
		}
	}
	return nil
}

// didYouMean names the known settings, the likely one first.
func didYouMean(name string, defs []Setting) string {
	var names []string
	for _, d := range defs {
		if strings.EqualFold(d.Name, name) || strings.EqualFold(strings.ReplaceAll(d.Name, "_", ""), strings.NewReplacer("_", "", "-", "").Replace(name)) {
			return fmt.Sprintf("; did you mean %q?", d.Name)
		}
		names = append(names, d.Name)
	}
	if len(names) == 0 {
		return "; there are none"
	}
	return "; known are " + strings.Join(names, ", ")
}
