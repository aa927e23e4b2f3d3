//! openbao
