package order

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// TestSameParcelsDifferInNothing changes each field of a parcel and of its pieces: a
// store that shares parcels between versions must see it.
func TestSameParcelsDifferInNothing(t *testing.T) {
	fresh := func() Parcel {
		return Parcel{Parcel: fulfillment.Parcel{Pieces: []fulfillment.Piece{{Parts: []flywheel.Line{{SKU: "a", Quantity: 1}}}}}}
	}
	require.True(t, fresh().sameAs(fresh()))
	changed := 0
	var change func(v reflect.Value, whole *Parcel)
	change = func(v reflect.Value, whole *Parcel) {
		for i := range v.NumField() {
			f := v.Field(i)
			if f.Kind() == reflect.Struct && f.Type() == reflect.TypeFor[fulfillment.Parcel]() {
				change(f, whole)
				continue
			}
			before := reflect.New(f.Type()).Elem()
			before.Set(f)
			switch f.Kind() {
			case reflect.String:
				f.SetString("changed")
			case reflect.Int64:
				f.SetInt(7)
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Slice:
				f.Set(reflect.Zero(f.Type()))
			case reflect.Struct: // dates and times
				switch f.Addr().Interface().(type) {
				case *fulfillment.Date:
					f.Set(reflect.ValueOf(fulfillment.Date{Year: 2026, Month: 3, Day: 1}))
				default:
					f.Set(reflect.ValueOf(whole.ShippedAt.AddDate(1, 0, 0)))
				}
			default:
				t.Fatalf("field %s of kind %s", v.Type().Field(i).Name, f.Kind())
			}
			require.False(t, whole.sameAs(fresh()), "%s.%s", v.Type(), v.Type().Field(i).Name)
			f.Set(before)
			changed++
		}
	}
	p := fresh()
	change(reflect.ValueOf(&p).Elem(), &p)
	change(reflect.ValueOf(&p.Pieces[0]).Elem(), &p)
	require.Equal(t, 25, changed)
}
