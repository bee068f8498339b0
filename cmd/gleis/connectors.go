package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/connectors/sql"
	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// shipped returns the connectors that this program carries.
func shipped() []sdk.Connector {
	return []sdk.Connector{msgraph.Connector(), sql.Connector()}
}

// pluginCommand serves one shipped connector: the host starts this program with
// it, as it would start a foreign one.
func (a *app) pluginCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "plugin CONNECTOR",
		Short:  "Serve a shipped connector to a host (started by the host, not by hand)",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, c := range shipped() {
				if c.Spec.Name == args[0] {
					plugin.Serve(c)
					return nil
				}
			}
			return fail(exitUsage, fmt.Errorf("there is no shipped connector %q", args[0]))
		},
	}
}

// connectorLine is one connector in `gleis connectors --json`.
type connectorLine struct {
	Name         string           `json:"name"`
	Title        string           `json:"title"`
	Version      string           `json:"version"`
	Capabilities []sdk.Capability `json:"capabilities"`
	Steps        []string         `json:"steps"`
	Settings     []settingLine    `json:"settings"`
}

type settingLine struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Type     string `json:"type"`
	Secret   bool   `json:"secret"`
	Required bool   `json:"required"`
	Default  string `json:"default,omitempty"`
	Help     string `json:"help,omitempty"`
}

func (a *app) connectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "connectors [NAME]",
		Short: "List the connectors, or the settings of one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var lines []connectorLine
			for _, c := range shipped() {
				if len(args) == 0 || args[0] == c.Spec.Name {
					lines = append(lines, describeConnector(c))
				}
			}
			if len(lines) == 0 {
				return fail(exitUsage, fmt.Errorf("there is no connector %q: gleis connectors lists them", args[0]))
			}
			return a.showConnectors(lines, len(args) > 0)
		},
	}
}

func describeConnector(c sdk.Connector) connectorLine {
	l := connectorLine{Name: c.Spec.Name, Title: c.Spec.Title.EN, Version: c.Spec.Version, Capabilities: c.Caps, Steps: []string{}}
	for _, s := range c.Spec.Steps {
		l.Steps = append(l.Steps, s.Name)
	}
	for _, s := range c.Spec.Settings {
		kind := s.Type
		if kind == "" {
			kind = sdk.SettingText
		}
		l.Settings = append(l.Settings, settingLine{s.Name, s.Title.EN, string(kind), s.Secret, s.Required, s.Default, s.Help.EN})
	}
	return l
}

func (a *app) showConnectors(lines []connectorLine, whole bool) error {
	if a.json {
		for _, l := range lines {
			if err := a.line(l); err != nil {
				return err
			}
		}
		return nil
	}
	if whole {
		rows := [][]string{{"SETTING", "TYPE", "", "DEFAULT", "MEANING"}}
		for _, s := range lines[0].Settings {
			var marks []string
			if s.Required {
				marks = append(marks, "required")
			}
			if s.Secret {
				marks = append(marks, "secret")
			}
			rows = append(rows, []string{s.Name, s.Type, strings.Join(marks, ", "), s.Default, s.Title})
		}
		return a.table(rows)
	}
	rows := [][]string{{"CONNECTOR", "VERSION", "STEPS", "CAN", "MEANING"}}
	for _, l := range lines {
		var can []string
		for _, c := range l.Capabilities {
			can = append(can, string(c))
		}
		rows = append(rows, []string{l.Name, l.Version, strings.Join(l.Steps, ", "), strings.Join(can, ", "), l.Title})
	}
	return a.table(rows)
}
