package runinfo

// Client is how one client of the script gets and keeps its tokens. Splits by the tag client are about
// its Name.
type Client struct {
	Name string `json:"name"`
	// Auth is the method by which it authenticates.
	Auth string `json:"auth"`
	// DPoP says that its tokens are bound to a key.
	DPoP bool `json:"dpop"`
	// Cache and Refresh are the options cache.scope and cache.refresh.
	Cache   string `json:"cache"`
	Refresh string `json:"refresh"`
}

// MaxClients bounds the clients of a record.
const MaxClients = 100
