// Builds the web interface: index.html and assets/NAME-HASH.ext, nothing inlined.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/admin/",
  publicDir: false,
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
});
