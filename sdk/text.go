package sdk

// Text is a sentence or a title in the two languages of the console. DE may be
// empty, EN is then shown.
type Text struct {
	EN string `json:"en"`
	DE string `json:"de,omitempty"`
}

// String returns the English text.
func (t Text) String() string { return t.EN }

// In returns the text in the language lang ("de", "en", "de-AT", …), in English
// where there is no other.
func (t Text) In(lang string) string {
	if len(lang) >= 2 && lang[:2] == "de" && t.DE != "" {
		return t.DE
	}
	return t.EN
}
