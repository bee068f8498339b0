package graphsim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	names "github.com/gleis-dev/gleis/sdk/zone"
)

// languages are the locales that Outlook offers, those that the simulator knows.
var languages = map[string]string{
	"cs-CZ": "čeština (Česko)", "da-DK": "dansk (Danmark)", "de-AT": "Deutsch (Österreich)", "de-CH": "Deutsch (Schweiz)",
	"de-DE": "Deutsch (Deutschland)", "en-GB": "English (United Kingdom)", "en-US": "English (United States)",
	"es-ES": "español (España)", "fi-FI": "suomi (Suomi)", "fr-FR": "français (France)", "hu-HU": "magyar (Magyarország)",
	"it-IT": "italiano (Italia)", "ja-JP": "日本語 (日本)", "nb-NO": "norsk bokmål (Norge)", "nl-NL": "Nederlands (Nederland)",
	"pl-PL": "polski (Polska)", "pt-BR": "português (Brasil)", "pt-PT": "português (Portugal)", "sv-SE": "svenska (Sverige)",
	"tr-TR": "Türkçe (Türkiye)", "zh-CN": "中文 (中国)",
}

// zoneNames are the Windows names of time zones that Outlook offers, from west to east.
const zoneNames = `Dateline Standard Time|UTC-11|Aleutian Standard Time|Hawaiian Standard Time|Marquesas Standard Time|Alaskan Standard Time|UTC-09|
Pacific Standard Time (Mexico)|UTC-08|Pacific Standard Time|US Mountain Standard Time|Mountain Standard Time (Mexico)|Mountain Standard Time|
Yukon Standard Time|Central America Standard Time|Central Standard Time|Easter Island Standard Time|Central Standard Time (Mexico)|
Canada Central Standard Time|SA Pacific Standard Time|Eastern Standard Time (Mexico)|Eastern Standard Time|Haiti Standard Time|
Cuba Standard Time|US Eastern Standard Time|Turks And Caicos Standard Time|Paraguay Standard Time|Atlantic Standard Time|
Venezuela Standard Time|Central Brazilian Standard Time|SA Western Standard Time|Pacific SA Standard Time|Newfoundland Standard Time|
Tocantins Standard Time|E. South America Standard Time|SA Eastern Standard Time|Argentina Standard Time|Greenland Standard Time|
Montevideo Standard Time|Magallanes Standard Time|Saint Pierre Standard Time|Bahia Standard Time|UTC-02|Azores Standard Time|
Cape Verde Standard Time|UTC|GMT Standard Time|Greenwich Standard Time|Sao Tome Standard Time|Morocco Standard Time|
W. Europe Standard Time|Central Europe Standard Time|Romance Standard Time|Central European Standard Time|W. Central Africa Standard Time|
GTB Standard Time|Middle East Standard Time|Egypt Standard Time|E. Europe Standard Time|West Bank Standard Time|South Africa Standard Time|
FLE Standard Time|Israel Standard Time|South Sudan Standard Time|Kaliningrad Standard Time|Sudan Standard Time|Libya Standard Time|
Namibia Standard Time|Jordan Standard Time|Arabic Standard Time|Syria Standard Time|Turkey Standard Time|Arab Standard Time|
Belarus Standard Time|Russian Standard Time|E. Africa Standard Time|Volgograd Standard Time|Iran Standard Time|Arabian Standard Time|
Astrakhan Standard Time|Azerbaijan Standard Time|Russia Time Zone 3|Mauritius Standard Time|Saratov Standard Time|Georgian Standard Time|
Caucasus Standard Time|Afghanistan Standard Time|West Asia Standard Time|Ekaterinburg Standard Time|Pakistan Standard Time|
Qyzylorda Standard Time|India Standard Time|Sri Lanka Standard Time|Nepal Standard Time|Central Asia Standard Time|Bangladesh Standard Time|
Omsk Standard Time|Myanmar Standard Time|SE Asia Standard Time|Altai Standard Time|W. Mongolia Standard Time|North Asia Standard Time|
N. Central Asia Standard Time|Tomsk Standard Time|China Standard Time|North Asia East Standard Time|Singapore Standard Time|
W. Australia Standard Time|Taipei Standard Time|Ulaanbaatar Standard Time|Aus Central W. Standard Time|Transbaikal Standard Time|
Tokyo Standard Time|North Korea Standard Time|Korea Standard Time|Yakutsk Standard Time|Cen. Australia Standard Time|
AUS Central Standard Time|E. Australia Standard Time|AUS Eastern Standard Time|West Pacific Standard Time|Tasmania Standard Time|
Vladivostok Standard Time|Lord Howe Standard Time|Bougainville Standard Time|Russia Time Zone 10|Magadan Standard Time|
Norfolk Standard Time|Sakhalin Standard Time|Central Pacific Standard Time|Russia Time Zone 11|New Zealand Standard Time|UTC+12|
Fiji Standard Time|Chatham Islands Standard Time|UTC+13|Tonga Standard Time|Samoa Standard Time|Line Islands Standard Time`

func windowsZones() []string {
	return strings.Split(strings.ReplaceAll(zoneNames, "\n", ""), "|")
}

// supportedZones answers outlook/supportedTimeZones, by Windows names or, with TimeZoneStandard, by those of the IANA database.
func supportedZones(c *call) (*reply, error) {
	iana := false
	if arg, ok := c.vars["standard"]; ok {
		switch strings.ToLower(arg) {
		case "(timezonestandard=microsoft.graph.timezonestandard'iana')", "(timezonestandard='iana')":
			iana = true
		case "(timezonestandard=microsoft.graph.timezonestandard'windows')", "(timezonestandard='windows')":
		default:
			return nil, fail(http.StatusBadRequest, "BadRequest", "Invalid function parameter in '%s'.", arg)
		}
	}
	b := append([]byte(`{"@odata.context":`), quote(c.origin+"/v1.0/$metadata#Collection(microsoft.graph.timeZoneInformation)")...)
	b = append(b, `,"value":[`...)
	for i, alias := range windowsZones() {
		if i > 0 {
			b = append(b, ',')
		}
		city, _ := names.IANA(alias)
		var label string
		if city != "" && !strings.HasPrefix(city, "Etc/") {
			label = strings.ReplaceAll(city[strings.LastIndexByte(city, '/')+1:], "_", " ")
		} else {
			label = "Coordinated Universal Time" + strings.TrimPrefix(alias, "UTC")
		}
		if iana {
			alias = city
			if alias == "" {
				alias = "Etc/UTC"
			}
		}
		b = append(append(b, `{"alias":`...), quote(alias)...)
		b = append(append(append(b, `,"displayName":`...), quote(c.s.utcOffset(alias)+" "+label)...), '}')
	}
	return &reply{status: http.StatusOK, body: append(b, "]}"...)}, nil
}

// utcOffset is a zone's standard offset as it stands before display names: "(UTC+01:00)".
func (s *Server) utcOffset(name string) string {
	z, ok := s.zones.get(name)
	if !ok {
		return "(UTC)"
	}
	year := s.now().Year()
	_, winter := time.Date(year, 1, 1, 0, 0, 0, 0, z.loc).Zone()
	_, summer := time.Date(year, 7, 1, 0, 0, 0, 0, z.loc).Zone()
	offset := min(winter, summer)
	switch {
	case offset == 0:
		return "(UTC+00:00)"
	case offset < 0:
		return fmt.Sprintf("(UTC-%02d:%02d)", -offset/3600, -offset/60%60)
	default:
		return fmt.Sprintf("(UTC+%02d:%02d)", offset/3600, offset/60%60)
	}
}

func supportedLanguages(c *call) (*reply, error) {
	var list []locale
	for _, code := range slices.Sorted(maps.Keys(languages)) {
		list = append(list, locale{code, languages[code]})
	}
	b := append([]byte(`{"@odata.context":`), quote(c.origin+"/v1.0/$metadata#Collection(microsoft.graph.localeInfo)")...)
	b = append(append(append(b, `,"value":`...), rawJSON(list)...), '}')
	return &reply{status: http.StatusOK, body: b}, nil
}
