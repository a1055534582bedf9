// As Bowline's page tells it: when the frame with the content is about to be drawn.
requestAnimationFrame(() => window.__TAURI_INTERNALS__.invoke('shown'));
