package seamless

// Call is one of the wallet's calls: the last part of its path.
type Call string

// The calls, each POST Path.
const (
	Authenticate Call = "authenticate"
	Balance      Call = "balance"
	Bet          Call = "bet"
	Win          Call = "win"
	Rollback     Call = "rollback"
	Close        Call = "close"
)

// Calls lists every call.
func Calls() []Call { return []Call{Authenticate, Balance, Bet, Win, Rollback, Close} }

// Path is where a call is posted, below the wallet's address.
func (c Call) Path() string { return "/wallet/v1/" + string(c) }

// MaxAmount is the largest amount of one transaction, in minor units.
const MaxAmount = 1_000_000_000_000_000

// Request is the body of a call. Which fields a call takes is said by Fields; the others must be absent.
type Request struct {
	Token       string `json:"token"`                                // of the launch
	Player      string `json:"player,omitempty"`                     // the player's name towards this provider
	Transaction string `json:"transaction_uuid,omitempty"`           // names the transaction for good
	Reference   string `json:"reference_transaction_uuid,omitempty"` // the bet that a win or rollback is about
	Round       string `json:"round,omitempty"`                      // the provider's name of the round
	Game        string `json:"game,omitempty"`
	Asset       string `json:"asset,omitempty"`
	Amount      *int64 `json:"amount,omitempty"` // minor units
	Free        bool   `json:"free,omitempty"`   // a win without a bet: a free round
}

// Fields are the fields a call takes: those it needs, and those it may have.
func (c Call) Fields() (needs, may []string) {
	switch c {
	case Authenticate:
		return []string{"token"}, nil
	case Balance:
		return []string{"token", "player"}, nil
	case Bet:
		return []string{"token", "player", "transaction_uuid", "round", "game", "asset", "amount"}, nil
	case Win:
		return []string{"token", "player", "transaction_uuid", "round", "game", "asset", "amount"}, []string{"reference_transaction_uuid", "free"}
	case Rollback:
		return []string{"token", "player", "transaction_uuid", "reference_transaction_uuid"}, []string{"round", "game"}
	case Close:
		return []string{"token", "player", "round", "game"}, nil
	default:
		return nil, nil
	}
}

// Code is how a call ended.
type Code string

// The codes. All but the last four come with HTTP 200.
const (
	OK                   Code = "OK"
	NotEnoughMoney       Code = "NOT_ENOUGH_MONEY"        // with balance
	TokenExpired         Code = "TOKEN_EXPIRED"           // of authenticate, balance and bet only
	TokenInvalid         Code = "TOKEN_INVALID"           // no session of this provider has the token
	DuplicateTransaction Code = "DUPLICATE_TRANSACTION"   // the uuid was used for another request
	TransactionNotFound  Code = "TRANSACTION_NOT_FOUND"   // of a win whose bet did not arrive yet
	TransactionUndone    Code = "TRANSACTION_ROLLED_BACK" // the bet was rolled back, maybe before it arrived
	RollbackRefused      Code = "ROLLBACK_REFUSED"        // with reason: a win, or a bet that was paid out
	RoundClosed          Code = "ROUND_CLOSED"
	RoundNotFound        Code = "ROUND_NOT_FOUND"
	LimitReached         Code = "LIMIT_REACHED"    // with reason
	PlayerBlocked        Code = "PLAYER_BLOCKED"   // with reason
	GameUnavailable      Code = "GAME_UNAVAILABLE" // the provider or its game was switched off
	InvalidRequest       Code = "INVALID_REQUEST"  // HTTP 400, with field
	InvalidSignature     Code = "INVALID_SIGNATURE"
	StaleRequest         Code = "STALE_REQUEST"   // HTTP 401, as the two around it: sign again
	NonceReused          Code = "NONCE_REUSED"    // the nonce named another request
	TemporaryError       Code = "TEMPORARY_ERROR" // HTTP 503: nothing is known; send the same again
)

// Answer is the body of an answer.
type Answer struct {
	Code        Code   `json:"code"`
	Field       string `json:"field,omitempty"`  // of INVALID_REQUEST
	Reason      string `json:"reason,omitempty"` // says more about a refusal, in a stable word
	Transaction string `json:"transaction_uuid,omitempty"`
	Player      string `json:"player,omitempty"`
	Game        string `json:"game,omitempty"`
	Asset       string `json:"asset,omitempty"`
	Scale       *int   `json:"scale,omitempty"`    // decimal places of the asset
	Balance     *int64 `json:"balance,omitempty"`  // minor units
	Returned    *int64 `json:"returned,omitempty"` // what a rollback gave back, minor units
	Round       string `json:"round,omitempty"`
	Language    string `json:"language,omitempty"`
	Expires     string `json:"expires_at,omitempty"` // of the session, RFC 3339
}
