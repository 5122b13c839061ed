// The page at /api/docs/: Swagger UI over our OpenAPI document, everything from this host.
declare function SwaggerUIBundle(options: Record<string, unknown>): unknown;

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "/api/v1/schema/",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // A key that is tried here is forgotten with the page.
  persistAuthorization: false,
  validatorUrl: null,
});
