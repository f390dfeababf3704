// Shows our own documents; validatorUrl null keeps the page from calling anybody else.
window.onload = function () {
  window.ui = SwaggerUIBundle({
    urls: [
      { name: "Players and the public", url: "/openapi.yaml" },
      { name: "Operators", url: "/openapi.operator.yaml" },
    ],
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
  });
};
