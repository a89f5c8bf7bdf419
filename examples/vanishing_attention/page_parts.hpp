#pragma once

// The report page's template, style and script: the files in page/, compiled in.
namespace vanishing_attention {

extern const char* const page_html;
extern const char* const page_css;
extern const char* const page_js;

}  // namespace vanishing_attention
