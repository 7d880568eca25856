package keyedhash_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/keyedhash"
)

func TestOf(t *testing.T) {
	// printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe (RFC 4231, case 2), cut to 16 bytes
	require.Equal(t, "5bdcc146bf60754e6a042426089575c7", keyedhash.Of([]byte("Jefe"), "what do ya want for nothing?"))
	a, b := keyedhash.NewSecret(), keyedhash.NewSecret()
	require.Len(t, a, 32)
	require.NotEqual(t, a, b)
	require.NotEqual(t, keyedhash.Of(a, "anna"), keyedhash.Of(b, "anna"))
}

func ExampleOf() {
	secret := keyedhash.NewSecret()
	first, again := keyedhash.Of(secret, "anna"), keyedhash.Of(secret, "anna")
	fmt.Println(first == again, len(first))
	// Output: true 32
}
