package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message/outbound"
)

// A merchant's webhook address leads to the metadata service of the cloud.
func Example() {
	client := outbound.NewClient(nil)
	_, err := client.Get("http://169.254.169.254/latest/meta-data/")
	var refused *outbound.AddressError
	fmt.Println(errors.Is(err, flywheel.ErrForbidden), errors.As(err, &refused) && refused.Host == "169.254.169.254")
	// Output: true true
}

func ExampleCheckURL() {
	_, err := outbound.CheckURL("http://0x7f000001/")
	fmt.Println(err)
	u, err := outbound.CheckURL("https://hooks.example/in")
	fmt.Println(u.Host, err)
	// Output:
	// outbound: host "0x7f000001": 127.0.0.1 is inside: forbidden
	// hooks.example <nil>
}

// fixed resolves every name to one address.
type fixed struct{ address string }

func (f fixed) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr(f.address)}, nil
}

func ExampleCheck() {
	var r outbound.Resolver = fixed{"10.0.0.7"}
	fmt.Println(outbound.Check(context.Background(), "https://hooks.example/in", &outbound.Options{Resolver: r}))
	// Output: outbound: host "hooks.example": 10.0.0.7 is inside: forbidden
}

func ExampleForbidden() {
	fmt.Println(outbound.Forbidden(netip.MustParseAddr("::ffff:10.0.0.1")), outbound.Forbidden(netip.MustParseAddr("8.8.8.8")))
	// Output: true false
}
