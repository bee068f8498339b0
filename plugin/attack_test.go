//go:build linux || darwin

package plugin_test

func startSleeper(string) error     { return nil }
func floodStdout() (string, error)  { return "", nil }
func describeSelf() (string, error) { return "", nil }
func attack([]string)               {}
func beHost([]string)               {}
