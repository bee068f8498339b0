package process

// Kind describes a rule: its name and arguments.
type Kind struct {
	Name string
	Args []Arg
}

// Arg is an argument of a rule.
type Arg struct {
	Name     string
	Help     string
	Required bool
	Form     ArgForm
}

// ArgForm is how an argument is written.
type ArgForm uint8

// The forms of an argument.
const (
	FormText     ArgForm = iota // a text
	FormPath                    // a path with dots into the record
	FormTemplate                // a text with #path# placeholders; ## stands for #
	FormPaths                   // a list of paths
	FormJSON                    // any value
)

// Kinds returns the kinds of rules.
func Kinds() []Kind {
	return []Kind{
		{Name: "query", Args: []Arg{
			{Name: "connection", Help: "connection to ask", Required: true},
			{Name: "object", Help: "object to look in", Required: true},
			{Name: "filter", Help: "field notation, or the object's own filter", Required: true, Form: FormTemplate},
			{Name: "prefix", Help: "put before the names of the fields found", Required: true},
			{Name: "fields", Help: "fields to take; all if absent", Form: FormPaths},
			{Name: "order", Help: "which hit is the first, in the system's own syntax"},
		}},
		{Name: "constant", Args: []Arg{
			{Name: "to", Help: "field to set", Required: true, Form: FormPath},
			{Name: "value", Help: "its value", Required: true, Form: FormJSON},
		}},
		{Name: "rename", Args: []Arg{
			{Name: "from", Help: "field to move", Required: true, Form: FormPath},
			{Name: "to", Help: "its new name", Required: true, Form: FormPath},
		}},
		{Name: "html_to_text", Args: []Arg{
			{Name: "from", Help: "field with HTML", Required: true, Form: FormPath},
			{Name: "to", Help: "field for the text; the same if absent", Form: FormPath},
		}},
		{Name: "time_zone", Args: []Arg{
			{Name: "from", Help: "field with a time", Required: true, Form: FormPath},
			{Name: "to", Help: "field for the result; the same if absent", Form: FormPath},
			{Name: "from_zone", Help: "zone of a time without offset, a name or #path#", Form: FormTemplate},
			{Name: "to_zone", Help: "zone of the result, a name or #path#", Required: true, Form: FormTemplate},
			{Name: "form", Help: "form of the result: instant, local_time or date; that of the field if absent"},
			{Name: "all_day", Help: "field that is true where the time stands for a date, which is never shifted", Form: FormPath},
		}},
	}
}

// KindNamed returns the kind of that name.
func KindNamed(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Arg returns the argument of that name.
func (k Kind) Arg(name string) (Arg, bool) {
	for _, a := range k.Args {
		if a.Name == name {
			return a, true
		}
	}
	return Arg{}, false
}
