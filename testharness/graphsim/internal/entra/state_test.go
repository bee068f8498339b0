package entra

import (
	"strings"
	"testing"
)

func TestAStateThatNoPlatformWroteMakesNoPagePanic(t *testing.T) {
	t.Parallel()
	s := platform(t)
	st, err := s.Save()
	if err != nil {
		t.Fatal(err)
	}
	st.Devices["x"] = &Device{UserCode: "ABC", Client: testClient, Place: 9, Scope: "User.Read", Issued: s.cfg.Now(), State: devicePending}
	st.Devices["y"], st.Refresh["z"], st.Apps = nil, nil, append(st.Apps, nil)
	s.Load(st)
	if rep := post(s, "/common/oauth2/deviceauth", "otc=abc"); rep.Status != 200 && rep.Status != 400 {
		t.Errorf("%d %s", rep.Status, rep.Body)
	}
	if rep := post(s, "/contoso.example/oauth2/v2.0/token", "grant_type=refresh_token&refresh_token=z&client_id="+testClient); !strings.Contains(string(rep.Body), "AADSTS70000") {
		t.Errorf("%d %s", rep.Status, rep.Body)
	}
}
