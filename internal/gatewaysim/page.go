package gatewaysim

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

//go:embed pay.html
var pages embed.FS

type payView struct {
	Sum, Asset, Description, Intent string
	Expired                         bool
	Payments                        []paidView
}

type paidView struct{ State, Sum, Asset, Tx string }

func (s *Sim) routesPage(mux *http.ServeMux) {
	mux.HandleFunc("GET /pay/{ref}", s.showPay)
	mux.HandleFunc("POST /pay/{ref}", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		p, err := s.receive(PayInput{Ref: r.PathValue("ref"), Act: r.PostFormValue("act")})
		switch {
		case errors.Is(err, errNoInvoice):
			http.NotFound(w, r)
		case errors.Is(err, errAct):
			http.Error(w, "no such button", http.StatusBadRequest)
		case err != nil:
			http.Error(w, "the sandbox failed", http.StatusInternalServerError)
		default:
			http.Redirect(w, r, "/pay/"+p.Ref, http.StatusSeeOther)
		}
	})
}

func (s *Sim) showPay(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	invoice, ok := s.store.invoices[r.PathValue("ref")]
	view := payView{
		Sum: formatDecimal(invoice.Amount, invoice.Scale), Asset: strings.ToUpper(invoice.Asset),
		Description: invoice.Description, Intent: invoice.Intent, Expired: invoice.expired(s.now()),
	}
	for _, p := range s.ordered() {
		if p.Ref == invoice.Ref {
			view.Payments = append(view.Payments, paidView{p.State, formatDecimal(p.Amount, p.Scale), strings.ToUpper(p.Asset), p.Tx})
		}
	}
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	header.Set("Cache-Control", "no-store")
	if err := s.page.Execute(w, view); err != nil {
		s.cfg.Logger.DebugContext(r.Context(), "the page was not read to its end", slog.Any("error", err))
	}
}
