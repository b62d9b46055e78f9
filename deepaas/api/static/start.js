"use strict";

// The document's address comes from the page, never from the query string.
window.ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.spec,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  queryConfigEnabled: false,
  validatorUrl: null,
  // People paste the token alone.
  requestInterceptor: (request) => {
    const token = request.headers && request.headers.Authorization;
    if (token && !token.includes(" ")) {
      request.headers.Authorization = `Bearer ${token}`;
    }
    return request;
  },
});
