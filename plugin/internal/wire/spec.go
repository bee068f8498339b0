package wire

import (
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// each returns f of every item, nil for none.
func each[A, B any](items []A, f func(A) B) []B {
	if len(items) == 0 {
		return nil
	}
	out := make([]B, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

// SpecToProto returns s for the wire.
func SpecToProto(s sdk.Spec) *pb.Spec {
	return &pb.Spec{
		Name: s.Name, Title: textToProto(s.Title), Version: s.Version,
		Settings: each(s.Settings, settingToProto), Languages: s.Languages,
		Steps: each(s.Steps, func(st sdk.StepSpec) *pb.Step {
			return &pb.Step{
				Name: st.Name, Title: textToProto(st.Title), Object: st.Object,
				Source: st.Source, Target: st.Target, Filter: st.Filter, Settings: each(st.Settings, settingToProto),
			}
		}),
	}
}

// SpecFromProto is the inverse of SpecToProto. The spec is not validated.
func SpecFromProto(p *pb.Spec) sdk.Spec {
	return sdk.Spec{
		Name: p.GetName(), Title: textFromProto(p.GetTitle()), Version: p.GetVersion(),
		Settings: each(p.GetSettings(), settingFromProto), Languages: p.GetLanguages(),
		Steps: each(p.GetSteps(), func(st *pb.Step) sdk.StepSpec {
			return sdk.StepSpec{
				Name: st.GetName(), Title: textFromProto(st.GetTitle()), Object: st.GetObject(),
				Source: st.GetSource(), Target: st.GetTarget(), Filter: st.GetFilter(), Settings: each(st.GetSettings(), settingFromProto),
			}
		}),
	}
}

func settingToProto(s sdk.Setting) *pb.Setting {
	p := &pb.Setting{
		Name: s.Name, Title: textToProto(s.Title), Help: textToProto(s.Help), Type: string(s.Type),
		Secret: s.Secret, Required: s.Required, DefaultValue: s.Default,
		Choices: each(s.Choices, choiceToProto), Dynamic: s.Dynamic, Group: textToProto(s.Group), Order: int64(s.Order),
		MultiLine: s.MultiLine, DisplayOnly: s.DisplayOnly, ChangesSchema: s.ChangesSchema, Min: s.Min, Max: s.Max,
	}
	if c := s.DependsOn; c != nil {
		p.DependsOn = &pb.Condition{Setting: c.Setting, Values: c.Values}
	}
	return p
}

func settingFromProto(p *pb.Setting) sdk.Setting {
	s := sdk.Setting{
		Name: p.GetName(), Title: textFromProto(p.GetTitle()), Help: textFromProto(p.GetHelp()), Type: settingType(p.GetType()),
		Secret: p.GetSecret(), Required: p.GetRequired(), Default: p.GetDefaultValue(),
		Choices: each(p.GetChoices(), choiceFromProto), Dynamic: p.GetDynamic(), Group: textFromProto(p.GetGroup()), Order: int(p.GetOrder()),
		MultiLine: p.GetMultiLine(), DisplayOnly: p.GetDisplayOnly(), ChangesSchema: p.GetChangesSchema(), Min: p.Min, Max: p.Max,
	}
	if c := p.GetDependsOn(); c != nil {
		s.DependsOn = &sdk.Condition{Setting: c.GetSetting(), Values: c.GetValues()}
	}
	return s
}

func settingType(s string) sdk.SettingType {
	switch t := sdk.SettingType(s); t {
	case "", sdk.SettingText, sdk.SettingBool, sdk.SettingInt, sdk.SettingEnum, sdk.SettingList:
		return t
	}
	return sdk.SettingText
}

func choiceToProto(c sdk.Choice) *pb.Choice {
	return &pb.Choice{Value: c.Value, Title: textToProto(c.Title)}
}

func choiceFromProto(p *pb.Choice) sdk.Choice {
	return sdk.Choice{Value: p.GetValue(), Title: textFromProto(p.GetTitle())}
}

// CapsToProto returns the names of caps.
func CapsToProto(caps []sdk.Capability) []string {
	return each(caps, func(c sdk.Capability) string { return string(c) })
}

// CapsFromProto returns those names that sdk knows.
func CapsFromProto(names []string) []sdk.Capability {
	known := map[sdk.Capability]bool{
		sdk.CanRead: true, sdk.CanWrite: true, sdk.CanQuery: true, sdk.CanFind: true, sdk.CanStep: true, sdk.CanPartition: true,
		sdk.CanPoll: true, sdk.CanCheck: true, sdk.CanChoose: true, sdk.CanAuthorize: true, sdk.CanBlob: true,
	}
	var caps []sdk.Capability
	for _, name := range names {
		if c := sdk.Capability(name); known[c] {
			caps = append(caps, c)
			known[c] = false // each once
		}
	}
	return caps
}

// SettingsRaw returns the values of s that sdk.ParseSettings of the other end
// takes: all but those that are only shown.
func SettingsRaw(defs []sdk.Setting, s sdk.Settings) map[string]string {
	raw := s.Reveal()
	for _, d := range defs {
		if d.DisplayOnly {
			delete(raw, d.Name)
		}
	}
	return raw
}
