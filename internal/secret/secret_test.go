package secret_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
)

const master = "0123456789abcdef0123456789abcdef"

func TestKeysDifferByPurposeAndMaster(t *testing.T) {
	t.Parallel()
	a, err := secret.New(master)
	require.NoError(t, err)
	b, err := secret.New(strings.ToUpper(master))
	require.NoError(t, err)
	require.Len(t, a.Key("seed"), 32)
	same, err := secret.New(master)
	require.NoError(t, err)
	require.Equal(t, a.Key("seed"), same.Key("seed"))
	require.NotEqual(t, a.Key("seed"), a.Key("token"))
	require.NotEqual(t, a.Key("seed"), b.Key("seed"))
	require.Len(t, a.Text("password"), 64)
	_, err = secret.New(master[1:])
	require.Error(t, err)
}

func TestSealOpensOnlyWithTheSamePurposeAndRow(t *testing.T) {
	t.Parallel()
	box, err := secret.New(master)
	require.NoError(t, err)
	sealed, err := box.Seal("seed", []byte("plain"), []byte("r_1"))
	require.NoError(t, err)
	again, err := box.Seal("seed", []byte("plain"), []byte("r_1"))
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "a nonce is never used twice")
	plain, err := box.Open("seed", sealed, []byte("r_1"))
	require.NoError(t, err)
	require.Equal(t, "plain", string(plain))
	for _, open := range []func() ([]byte, error){
		func() ([]byte, error) { return box.Open("token", sealed, []byte("r_1")) },
		func() ([]byte, error) { return box.Open("seed", sealed, []byte("r_2")) },
		func() ([]byte, error) { return box.Open("seed", sealed[:len(sealed)-1], []byte("r_1")) },
		func() ([]byte, error) { return box.Open("seed", nil, nil) },
	} {
		_, err := open()
		require.ErrorIs(t, err, secret.ErrSealed)
	}
}

func TestNothingPrintsTheMaster(t *testing.T) {
	t.Parallel()
	box, err := secret.New(master)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", box, box, box, box), "0123")
}

func TestIDShape(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^p_[a-z2-7]{16}$`, secret.ID("p"))
	require.Regexp(t, `^r_[a-z2-7]{16}$`, secret.ID("r_"))
	require.Regexp(t, `^[a-z2-7]{16}$`, secret.ID(""))
	first, second := secret.ID("p"), secret.ID("p")
	require.NotEqual(t, first, second)
}
