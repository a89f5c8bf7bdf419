#pragma once

namespace vanishing_attention {

/// The page's template, in which {name} stands for a part that is filled in, its style and its script: the files in
/// page/, compiled in.
extern const char* const page_html;
extern const char* const page_css;
extern const char* const page_js;

}  // namespace vanishing_attention
