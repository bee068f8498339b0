package graphsim

var (
	firstNames = []string{
		"Anna", "Björn", "Clara", "Dieter", "Eva", "Felix", "Greta", "Hannes", "Ines", "Jörg", "Katharina", "Lukas", "Marlene", "Nils", "Olga",
		"Paul", "Rieke", "Sebastian", "Theresa", "Uwe", "Verena", "Wolfgang", "Yasemin", "Zoé", "Günther", "Sabine", "Mehmet", "Franziska",
		"Matthias", "Ursula", "Jonas",
	}
	lastNames = []string{
		"Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer",
		"Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt",
		"Werner", "Krause", "Lehmann", "Maier", "Köhler", "Herrmann", "König", "Walter", "Groß", "Yıldız", "Vogel",
	}
	departments = []string{"Vertrieb", "Einkauf", "Buchhaltung", "Entwicklung", "Personal", "Logistik", "Service"}
	jobs        = []string{"Sachbearbeitung", "Außendienst", "Teamleitung", "Prokura", "Assistenz", "Ingenieurwesen", "Geschäftsführung"}
	cities      = []string{"Berlin", "München", "Köln", "Nürnberg", "Leipzig", "Hamburg", "Düsseldorf"}
	// exchangePlan is what a licence with a mailbox brings.
	exchangePlan = []any{map[string]any{
		"assignedDateTime": "2021-03-01T08:00:00Z", "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0",
	}}
	rooms         = []string{"Raum 1 Spree", "Raum 2 Isar", "Raum 3 Elbe", "Konferenzraum Rhein", "Kantine", "beim Kunden", "Microsoft Teams"}
	categoryNames = []string{"Kunde", "Projekt", "Wichtig", "Blaue Kategorie"}
	taskTitles    = []string{
		"Angebot prüfen", "Rechnung freigeben", "Rückruf bei Frau König", "Reisekosten einreichen", "Präsentation fertigstellen", "Vertrag ablegen",
		"Lager nachzählen", "Urlaub eintragen", "Muster verschicken",
	}
	topics = []string{
		"Budget", "Angebot Maschinenbau", "Projekt Nordlicht", "Bewerbungsgespräch", "Kundentermin Fabrikam", "Lieferantengespräch", "Schulung Arbeitsschutz",
		"Abnahme Halle 4", "Strategie 2027", "Reklamation Tailspin", "Preisverhandlung", "Jour fixe Einkauf", "Übergabe Service", "Mitarbeitergespräch",
		"Datenschutz", "Inbetriebnahme", "Steuerberatung", "Standortplanung", "Messevorbereitung", "Fuhrpark", "Produktvorstellung", "Wartungsfenster",
		"Investitionsplan", "Quartalszahlen",
	}
	paragraphs = []string{
		"wir gehen die offenen Punkte der letzten Woche durch. Bitte bringt eure Zahlen mit; die Unterlagen liegen im gemeinsamen Ordner.",
		"der Kunde möchte vor der Bestellung noch zwei Fragen klären. Ich habe <a href=\"https://intranet.contoso.example/angebote\">das Angebot</a> verlinkt.",
		"kurze Abstimmung vor der Freigabe. Wer nicht kann, schickt bitte eine Vertretung &#8211; wir brauchen eine Entscheidung.",
		"wie besprochen der Termin vor Ort. Parkplätze sind hinter Tor 3, Anmeldung am Empfang mit Ausweis.",
		"bitte die Präsentation bis zum Vorabend hochladen, damit wir pünktlich anfangen können.",
	}
)

// bookable is how many of the rooms can be mailboxes.
const bookable = 4

type outsider struct{ name, mail string }

var outsiders = []outsider{
	{"Petra Ostertag", "petra.ostertag@fabrikam.example"}, {"John Miller", "john.miller@tailspin.example"},
	{"Kenji Sato", "k.sato@adatum.example"}, {"Claire Dubois", "claire@litware.example"},
}

type company struct{ name, domain string }

var companies = []company{
	{"Fabrikam AG", "fabrikam.example"}, {"Tailspin Toys GmbH & Co. KG", "tailspin.example"}, {"Adatum KK", "adatum.example"},
	{"Litware SARL", "litware.example"}, {"Bäckerei \"Zum Eck\"", "zum-eck.example"},
}
