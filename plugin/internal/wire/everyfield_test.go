package wire

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/mem"

	"github.com/gleis-dev/gleis/sdk"
)

// filled returns a T in which no field is zero, so that one that is forgotten on
// the wire shows.
func filled[T any](t *testing.T) T {
	t.Helper()
	var v T
	n := 0
	fill(t, reflect.ValueOf(&v).Elem(), &n, 0)
	return v
}

func fill(t *testing.T, v reflect.Value, n *int, depth int) {
	*n++
	special := map[reflect.Type]any{
		reflect.TypeFor[time.Time](): time.Unix(int64(1e9+*n), 5).UTC(), reflect.TypeFor[sdk.Secret](): sdk.NewSecret(fmt.Sprint("s", *n)),
		reflect.TypeFor[sdk.Op](): sdk.Missing, reflect.TypeFor[sdk.Outcome](): sdk.NotDone, reflect.TypeFor[sdk.Kind](): sdk.Conflict, reflect.TypeFor[sdk.Level](): sdk.Failed,
		reflect.TypeFor[sdk.Type](): sdk.TypeList, reflect.TypeFor[sdk.SettingType](): sdk.SettingInt, reflect.TypeFor[sdk.Idempotency](): sdk.ByIntent,
		reflect.TypeFor[error](): error(&sdk.Error{Kind: sdk.Auth, Code: fmt.Sprint("c", *n)}),
	}
	if s, ok := special[v.Type()]; ok {
		v.Set(reflect.ValueOf(s))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n, depth)
		}
	case reflect.Slice:
		if depth < 3 { // fields hold fields
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range v.Len() {
				fill(t, v.Index(i), n, depth+1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n, depth)
		}
	case reflect.Pointer:
		if depth < 3 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), n, depth+1)
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, k, n, depth)
		fill(t, e, n, depth)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.String:
		v.SetString(fmt.Sprint("text", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		t.Fatalf("no sample for %v", v.Type())
	}
}

func crossing[T any](t *testing.T, cross func(T) (T, error)) {
	t.Helper()
	t.Run(reflect.TypeFor[T]().Name(), func(t *testing.T) {
		t.Parallel()
		want := filled[T](t)
		got, err := cross(want)
		if err != nil {
			t.Fatal(err)
		}
		opts := cmp.Options{
			cmp.Comparer(func(a, b sdk.Secret) bool { return a == b }),
			cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
		}
		if d := cmp.Diff(want, got, opts); d != "" {
			t.Error(d)
		}
	})
}

// A field that is added to sdk and forgotten here makes one of these fail.
func TestEveryFieldCrosses(t *testing.T) {
	t.Parallel()
	crossing(t, func(v sdk.Record) (sdk.Record, error) { return RecordFromProto(RecordToProto(v)) })
	crossing(t, func(v sdk.Failure) (sdk.Failure, error) { return FailureFromProto(FailureToProto(v)), nil })
	crossing(t, func(v sdk.Result) (sdk.Result, error) { return ResultFromProto(ResultToProto(v)) })
	crossing(t, func(v sdk.Match) (sdk.Match, error) { return MatchFromProto(MatchToProto(v)), nil })
	crossing(t, func(v sdk.PollItem) (sdk.PollItem, error) { return PollItemFromProto(PollItemToProto(v)), nil })
	crossing(t, func(v sdk.PollResult) (sdk.PollResult, error) { return PollResultFromProto(PollResultToProto(v)), nil })
	crossing(t, func(v sdk.Partition) (sdk.Partition, error) { return PartitionFromProto(PartitionToProto(v)), nil })
	crossing(t, func(v sdk.Finding) (sdk.Finding, error) { return FindingFromProto(FindingToProto(v)), nil })
	crossing(t, func(v sdk.Choice) (sdk.Choice, error) { return choiceFromProto(choiceToProto(v)), nil })
	crossing(t, func(v sdk.Authorization) (sdk.Authorization, error) {
		return AuthorizationFromProto(AuthorizationToProto(v)), nil
	})
	crossing(t, func(v sdk.Consent) (sdk.Consent, error) { return ConsentFromProto(ConsentToProto(v)), nil })
	crossing(t, func(v sdk.ParamInfo) (sdk.ParamInfo, error) { return ParamInfoFromProto(ParamInfoToProto(v)), nil })
	crossing(t, func(v sdk.Spec) (sdk.Spec, error) { return SpecFromProto(SpecToProto(v)), nil })
	crossing(t, func(v sdk.Object) (sdk.Object, error) { return ObjectFromProto(ObjectToProto(v)) })
	crossing(t, func(v sdk.ReadRequest) (sdk.ReadRequest, error) {
		return ReadCallFromProto(ReadCallToProto("c", v)), nil
	})
	crossing(t, func(v sdk.QueryRequest) (sdk.QueryRequest, error) {
		return QueryCallFromProto(QueryCallToProto("c", v)), nil
	})
	crossing(t, func(v sdk.WriteRequest) (sdk.WriteRequest, error) {
		got := WriteCallFromProto(WriteCallToProto("c", v))
		got.Records = v.Records // travel as parts
		return got, nil
	})
	crossing(t, func(v sdk.FindRequest) (sdk.FindRequest, error) {
		got := FindCallFromProto(FindCallToProto("c", v))
		got.Records = v.Records
		return got, nil
	})
	crossing(t, func(v sdk.Error) (sdk.Error, error) { return *sdk.AsError(ErrorFromProto(ErrorToProto(&v))), nil })
	crossing(t, func(v sdk.Batch) (sdk.Batch, error) {
		whole, size, codec := &Part{}, 0, NewCodec()
		err := Parts(1, v, func(p *Part) error {
			b, err := codec.Marshal(p)
			if err != nil {
				return err
			}
			var next Part
			if err := codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(b.Materialize())}, &next); err != nil {
				return err
			}
			return Join(whole, &next, &size)
		})
		return whole.Batch, err
	})
	// These are put together where they are sent; a field more is to be added there.
	for want, types := range map[int][]reflect.Type{
		2: {reflect.TypeFor[sdk.PartitionRequest](), reflect.TypeFor[sdk.Param](), reflect.TypeFor[sdk.Set]()},
		3: {reflect.TypeFor[sdk.PartitionList]()},
		4: {reflect.TypeFor[sdk.PollRequest](), reflect.TypeFor[sdk.StepRequest]()},
		5: {reflect.TypeFor[sdk.ChoiceRequest](), reflect.TypeFor[sdk.RedeemRequest]()},
		6: {reflect.TypeFor[sdk.AuthorizeRequest]()},
		9: {reflect.TypeFor[sdk.Env]()},
	} {
		for _, typ := range types {
			if typ.NumField() != want {
				t.Errorf("%v has %d fields, the transport knows %d", typ, typ.NumField(), want)
			}
		}
	}
}
